/** Exit codes every command keeps to. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** A failure that a person can do something about: one line that says what, and a remedy. Printed without a stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    /** What to do about it: a sentence in the imperative. */
    readonly remedy?: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}
