import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import { type ApiDocument, nameIn, type Schema } from './operations';

type Field = string;

/**
 * What a schema does not say of a value, though only such values mean anything: by the name of a schema (`WeekHours`), of one of its
 * fields (`CalendarData.timezone`), or of any field (`*.calendar`).
 */
export type Meanings = Record<string, fc.Arbitrary<unknown>>;

const date = fc.date({ min: new Date('1970-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
const FORMATS: Record<string, fc.Arbitrary<string>> = {
  uuid: fc.uuid(),
  'date-time': date.map((each) => each.toISOString()),
  date: date.map((each) => each.toISOString().slice(0, 10)),
  duration: fc.tuple(fc.nat(400), fc.nat(59)).map(([hours, minutes]) => `PT${hours}H${minutes}M`),
};
/** Long ones are made of one character: they would take longer to make than to ask with. */
const SHORT = 24;
const ITEMS = 4;

/** Makes values of the document's schemas. */
export class SchemaValues {
  readonly #ajv = new Ajv2020({ strict: false });

  constructor(
    private readonly document: ApiDocument,
    private readonly meanings: Meanings,
  ) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'openapi', components: document.components });
  }

  /** @throws when the schema has something this knows nothing of: then it is to be taught here. */
  of(schema: Schema, owner = '', field: Field = ''): fc.Arbitrary<unknown> {
    const name = nameIn(schema);
    const meant =
      name === undefined
        ? (this.meanings[`${owner}.${field}`] ?? this.meanings[`*.${field}`])
        : this.meanings[name];
    if (meant) return isList(schema) && name === undefined ? fc.array(meant, { maxLength: ITEMS }) : meant;
    if (name !== undefined) return this.of(this.document.components.schemas[name]!, name);
    return this.#written(schema, owner, field);
  }

  #written(schema: Schema, owner: string, field: Field): fc.Arbitrary<unknown> {
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const options = schema.anyOf ?? (schema.properties ? undefined : schema.oneOf);
    if (options) return fc.oneof(...options.map((option) => this.of(option, owner, field)));
    // Those that say more of what the first describes are not made, but held to.
    if (schema.allOf) return this.of(schema.allOf[0]!, owner, field).filter(this.#holds(schema));
    switch (schema.type) {
      case 'object':
        return this.#object(schema, owner);
      case 'array': {
        const { minItems = 0, maxItems = ITEMS } = schema;
        const maxLength = Math.max(minItems, Math.min(maxItems, ITEMS));
        return fc.array(this.of(schema.items ?? {}, owner), { minLength: minItems, maxLength });
      }
      case 'string':
        return textOf(schema);
      case 'integer':
        return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000 });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case undefined:
        return fc.jsonValue({ maxDepth: 2 });
      default:
        throw new Error(
          `no values can be made of ${JSON.stringify(schema)}: teach test/support/any-request/schema.arbitrary.ts`,
        );
    }
  }

  #object({ properties, required = [] }: Schema, owner: string): fc.Arbitrary<unknown> {
    if (!properties)
      return fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
    const fields = Object.entries(properties).map(([key, each]) => [key, this.of(each, owner, key)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: required });
  }

  #holds(schema: Schema): (value: unknown) => boolean {
    const text = JSON.stringify(schema).replaceAll('#/components', 'openapi#/components');
    const validate = this.#ajv.compile(JSON.parse(text) as object);
    return (value) => validate(JSON.parse(JSON.stringify(value)));
  }
}

function isList({ type, anyOf = [] }: Schema): boolean {
  return type === 'array' || anyOf.some((option) => option.type === 'array');
}

function textOf({ format, pattern, minLength = 0, maxLength = 200 }: Schema): fc.Arbitrary<string> {
  if (format !== undefined) {
    const known = FORMATS[format];
    if (!known)
      throw new Error(
        `no text can be made in the format ${format}: teach test/support/any-request/schema.arbitrary.ts`,
      );
    return known;
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const least = Math.max(minLength, 1);
  return fc.oneof(
    { weight: 6, arbitrary: fc.string({ minLength: least, maxLength: Math.min(maxLength, SHORT) }) },
    {
      weight: 3,
      arbitrary: fc.string({ unit: 'grapheme', minLength: least, maxLength: Math.min(maxLength, 9) }),
    },
    { weight: 1, arbitrary: fc.constantFrom(minLength, maxLength).map((length) => 'x'.repeat(length)) },
  );
}
