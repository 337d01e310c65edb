import { ValidateBy } from 'class-validator';

/** JSON Schema keywords, as the generator and ajv take them. */
export type JsonSchema = Record<string, unknown>;

/**
 * A rule that neither class-validator nor JSON Schema has. One predicate serves both: the decorator runs it, and so does ajv through
 * the keyword `x-rules`, so that the two engines cannot disagree about it.
 */
export interface Rule {
  name: string;
  /** Must answer false, not throw, for a value of any JSON type. `bound` is the rule's parameter where it has one. */
  holds(value: unknown, bound: number): boolean;
  /** For people, to follow the field's name: `must be …`. */
  message(bound: number): string;
  /** What plain JSON Schema can say of it. Published, so that others can check with their own tools; implied by `holds`. */
  published(bound: number): JsonSchema;
}

const rules = new Map<string, Rule>();

/** Registers the rule and gives its decorator. */
export function defineRule(rule: Rule): (bound?: number) => PropertyDecorator {
  rules.set(rule.name, rule);
  return (bound = 0) =>
    ValidateBy({
      name: rule.name,
      constraints: [bound],
      validator: {
        validate: (value: unknown) => rule.holds(value, bound),
        defaultMessage: (args) => `${args?.property ?? 'value'} ${rule.message(bound)}`,
      },
    });
}

/** Every rule by its name. */
export function allRules(): ReadonlyMap<string, Rule> {
  return rules;
}

/** A rule about text: false for everything else. */
export function textRule(rule: {
  name: string;
  holds(text: string, bound: number): boolean;
  message(bound: number): string;
  published?(bound: number): JsonSchema;
}): (bound?: number) => PropertyDecorator {
  return defineRule({
    name: rule.name,
    holds: (value, bound) => typeof value === 'string' && rule.holds(value, bound),
    message: (bound) => rule.message(bound),
    published: (bound) => ({ type: 'string', ...rule.published?.(bound) }),
  });
}
