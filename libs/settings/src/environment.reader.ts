import { SettingsError, type SettingsProblem } from './settings.error';

/** The environment as it comes: text or nothing. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one and remembers what was wrong, so that everything wrong is said at once. An empty variable
 * counts as unset, since that is how compose files and shells write "not given".
 */
export class EnvironmentReader {
  readonly #problems: SettingsProblem[] = [];

  constructor(private readonly env: Environment) {}

  /** @returns the text, or undefined when unset or when `accepts` refuses it (which is then a problem). */
  text(variable: string, accepts: (text: string) => boolean, shouldBe: string): string | undefined {
    const value = this.env[variable]?.trim();
    if (!value) return undefined;
    if (accepts(value)) return value;
    this.refuse(variable, shouldBe);
    return undefined;
  }

  /** A whole number in [least, most]; `otherwise` when unset. */
  integer<Otherwise extends number | null>(
    variable: string,
    least: number,
    most: number,
    otherwise: Otherwise,
  ): number | Otherwise {
    const inRange = (text: string): boolean =>
      /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
    const text = this.text(variable, inRange, `must be a whole number from ${least} to ${most}`);
    return text === undefined ? otherwise : Number(text);
  }

  /** One of a closed set of words; `otherwise` when unset. */
  oneOf<Word extends string>(variable: string, words: readonly Word[], otherwise: Word): Word {
    const isWord = (text: string): boolean => (words as readonly string[]).includes(text);
    return (
      (this.text(variable, isWord, `must be one of ${words.join(', ')}`) as Word | undefined) ?? otherwise
    );
  }

  /** Remembers that a variable must be set and is not, or cannot be used. */
  refuse(variable: string, shouldBe: string): void {
    if (!this.#problems.some((problem) => problem.variable === variable))
      this.#problems.push({ variable, shouldBe });
  }

  /** @throws SettingsError when anything was wrong so far. */
  check(): void {
    if (this.#problems.length > 0) throw new SettingsError(this.#problems);
  }
}
