import { IsOptional, ValidateIf } from 'class-validator';

/** May be absent, and null says the same as absent. */
export const Optional = () => IsOptional();

const unlessAbsent = (_object: unknown, value: unknown) => value !== undefined;
const unlessNull = (_object: unknown, value: unknown) => value !== null;

/** May be absent, but not null: where null would have to mean something and does not. */
export const OptionalNotNull = () => ValidateIf(unlessAbsent);

/** Must be present, and may be null. */
export const Nullable = () => ValidateIf(unlessNull);

/** Which of the three a class-validator condition is: the schema generator asks. */
export function presenceOf(condition: unknown): 'optional' | 'optional-not-null' | 'nullable' {
  if (condition === unlessAbsent) return 'optional-not-null';
  return condition === unlessNull ? 'nullable' : 'optional';
}
