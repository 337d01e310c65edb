/**
 * As `Promise.all`, for statements of one transaction that are sent together: waits until all have ended, and throws what failed first
 * in the order in which they were sent. What fails after it does so because the transaction is aborted, which says nothing of why; and
 * whichever is heard of first need not be the first.
 */
export async function together<T extends readonly unknown[] | []>(
  statements: T,
): Promise<{ -readonly [Each in keyof T]: Awaited<T[Each]> }> {
  const ended = await Promise.allSettled(statements);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return ended.map((each) => (each as PromiseFulfilledResult<unknown>).value) as {
    -readonly [Each in keyof T]: Awaited<T[Each]>;
  };
}
