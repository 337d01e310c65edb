import { InvalidArgumentError, Option } from 'commander';

/** A whole number of at least `least`. @throws InvalidArgumentError, which commander says beside the option's name. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^-?\d{1,15}$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

/** A number above zero. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** @throws InvalidArgumentError */
export function tenantId(text: string): string {
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 of A-Z a-z 0-9 _ . -');
}

export const tenantOption = (otherwise = 'default'): Option =>
  new Option('--tenant <id>', 'the tenant it is about').default(otherwise).argParser(tenantId);

export const jsonOption = (): Option => new Option('--json', 'for machines: JSON on standard output');

/** The examples under a command's help. */
export function examples(...lines: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  npm run cli -- ${line}`)].join('\n');
}
