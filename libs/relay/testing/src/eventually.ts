/** Tries an assertion until it holds; after `withinMs` throws what it last said. Nothing is asserted about how long it took. */
export async function eventually(assertion: () => void | Promise<void>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
