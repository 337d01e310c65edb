import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import { IsObjectList } from './rules';

type Class = new () => object;

const nestedTypes = new Map<unknown, Map<string, () => Class>>();

/** The class of a nested field, by the class that declares the field; the schema generator asks. */
export function nestedTypeOf(declaredBy: unknown, property: string): Class | undefined {
  return nestedTypes.get(declaredBy)?.get(property)?.();
}

/** A field that is an object of a contract class. */
export function Nested(of: () => Class): PropertyDecorator {
  return all(of, IsObject(), ValidateNested());
}

/** A field that is a list of objects of a contract class. */
export function NestedList(of: () => Class): PropertyDecorator {
  return all(of, IsObjectList(), ValidateNested({ each: true }));
}

function all(of: () => Class, ...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [...decorators, Type(of)]) decorate(target, property);
    const declared = nestedTypes.get(target.constructor) ?? new Map<string, () => Class>();
    nestedTypes.set(target.constructor, declared.set(String(property), of));
  };
}
