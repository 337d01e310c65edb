/** One variable that cannot be used: which, and what it should be. Never its value, which may be a secret. */
export interface SettingsProblem {
  variable: string;
  /** As it follows the variable's name: "must be a whole number from 1 to 64". */
  shouldBe: string;
}

/** The environment cannot be used: the process must not start. Names every bad variable at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'bad_settings';

  constructor(
    readonly problems: readonly SettingsProblem[],
    options?: ErrorOptions,
  ) {
    super(problems.map(({ variable, shouldBe }) => `${variable} ${shouldBe}`).join('; '), options);
  }
}
