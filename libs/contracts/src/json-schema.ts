import 'reflect-metadata';
import { getMetadataStorage, IS_IN, IS_OBJECT, ValidationTypes } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { nestedTypeOf } from './nested';
import { presenceOf } from './presence';
import { allRules, type JsonSchema } from './rule';

type Properties = Record<string, JsonSchema>;

type Purpose = 'validating' | 'published';

/** What the generator hands to a converter. */
interface Metadata {
  target: unknown;
  propertyName: string;
  constraints: unknown[];
}

/**
 * The JSON Schemas of all contract classes by class name, made from their decorators. They refer to each other as `prefix + name`.
 *
 * - `validating`: for our ajv. Our own rules are under the keyword `x-rules`, which runs their predicates.
 * - `published`: plain JSON Schema, for documents and other people's tools: of our rules it has what JSON Schema can say, so it accepts
 *   everything that ours accepts and a little more.
 */
export function contractSchemas(purpose: Purpose, prefix: string): Readonly<Record<string, JsonSchema>> {
  const key = `${purpose} ${prefix}`;
  const known = made.get(key) ?? makeSchemas(purpose, prefix);
  made.set(key, known);
  return known;
}

/** All of them are made anew by every call of the generator, 10–20 ms, and whoever makes a document or reads queries asks route by route. */
const made = new Map<string, Readonly<Record<string, JsonSchema>>>();

function makeSchemas(purpose: Purpose, prefix: string): Record<string, JsonSchema> {
  const converters = Object.fromEntries(
    [...allRules()].map(([name, rule]) => [
      name,
      (meta: Metadata): JsonSchema => {
        const bound = Number(meta.constraints[0] ?? 0);
        return purpose === 'validating' ? { 'x-rules': { [name]: bound } } : rule.published(bound);
      },
    ]),
  );
  const schemas = validationMetadatasToSchemas({
    classValidatorMetadataStorage: getMetadataStorage(),
    refPointerPrefix: prefix,
    additionalConverters: {
      ...converters,
      [IS_OBJECT]: { type: 'object' },
      // Without a type beside it, whatever is wrong is told in one way: which words there are.
      ...(purpose === 'validating' && {
        [IS_IN]: (meta: Metadata): JsonSchema => ({ enum: meta.constraints[0] }),
      }),
      [ValidationTypes.NESTED_VALIDATION]: (meta: Metadata): JsonSchema => ({
        $ref: prefix + nestedTypeOf(meta.target, meta.propertyName)?.name,
      }),
      [ValidationTypes.CONDITIONAL_VALIDATION]: (meta: Metadata): JsonSchema => ({
        'x-presence': presenceOf(meta.constraints[0]),
      }),
    },
  } as Parameters<typeof validationMetadatasToSchemas>[0]) as Record<string, JsonSchema>;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, finish(schema, purpose)]));
}

/** The published schemas that `value` refers to as `prefix + name`, and those that these refer to. */
export function schemasReferredToBy(value: unknown, prefix: string): Record<string, JsonSchema> {
  const all = contractSchemas('published', prefix);
  const found = new Map<string, JsonSchema>();
  const look = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return;
    const { $ref } = at as { $ref?: unknown };
    const name = typeof $ref === 'string' && $ref.startsWith(prefix) ? $ref.slice(prefix.length) : null;
    if (name !== null && !found.has(name)) {
      found.set(name, all[name]!);
      look(all[name]);
    }
    Object.values(at).forEach(look);
  };
  look(value);
  return Object.fromEntries(
    Object.keys(all).flatMap((name) => (found.has(name) ? [[name, found.get(name)!]] : [])),
  );
}

/** class-validator-jsonschema knows "may be absent" only; what may be null is settled here. */
function finish(schema: JsonSchema, purpose: Purpose): JsonSchema {
  const properties = schema['properties'] as Properties;
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const finished: Properties = {};
  for (const [name, { 'x-presence': presence, ...converted }] of Object.entries(properties)) {
    const property = purpose === 'published' ? withLoneReferences(converted) : converted;
    if (presence === 'nullable') required.add(name);
    finished[name] = presence === 'nullable' || presence === 'optional' ? orNull(property) : property;
  }
  const { properties: _properties, required: _required, ...rest } = schema;
  return { ...rest, properties: finished, ...(required.size > 0 && { required: [...required] }) };
}

function orNull({ description, ...schema }: JsonSchema): JsonSchema {
  return { ...(description !== undefined && { description }), anyOf: [schema, { type: 'null' }] };
}

/** Draft 7, and AsyncAPI with it, ignores what stands beside a `$ref`. */
function withLoneReferences(schema: JsonSchema): JsonSchema {
  const { $ref, type: _object, description, items, ...beside } = schema;
  if (items !== undefined && schema['type'] === 'array') {
    return { ...schema, items: withLoneReferences(items as JsonSchema) };
  }
  if ($ref === undefined) return schema;
  const others = Object.keys(beside).length > 0 ? [beside] : [];
  if (others.length === 0 && description === undefined) return { $ref };
  return { ...(description !== undefined && { description }), allOf: [{ $ref }, ...others] };
}
