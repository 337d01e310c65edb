import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/**
 * The verdict of the other engine: class-validator on an instance that class-transformer made. 50 µs where ajv takes 0.3, hence not on the
 * stream; it is what the classes mean, and what the schemas are held against. True when `value` is valid.
 */
export function isValidByClass(of: new () => object, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return (
    validateSync(plainToInstance(of, withoutConstructors(value) as object), { forbidUnknownValues: true })
      .length === 0
  );
}

/** class-transformer takes a JSON field named `constructor` for the object's class, and calls it. No contract class has such a field. */
function withoutConstructors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutConstructors);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key !== 'constructor' && key !== '__proto__') copy[key] = withoutConstructors(item);
  }
  return copy;
}
