/**
 * Something the stack needs is missing, taken or broken. The message is one line that names it and says what to do;
 * commands print it alone, without a stack trace.
 */
export class StackError extends Error {
  override readonly name = 'StackError';

  /** @param problem what is wrong  @param remedy what the reader can do about it */
  constructor(
    problem: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(`${problem} - ${remedy}`, options);
  }
}
