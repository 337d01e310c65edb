import fc from 'fast-check';
import { type Bend, bends } from './bend.arbitrary';
import { liveId, weightOf } from './meanings';
import { bodySchemaOf, collectionOf, type Operation, parametersOf } from './operations';
import { type SchemaValues } from './schema.arbitrary';

/** A request before it is known which ids there are. */
export interface Plan {
  operation: Operation;
  caller: 'lead' | 'service';
  path: Record<string, unknown>;
  query: Record<string, unknown>;
  /** Whether with `If-Match`. */
  matched: boolean;
  /** Under which `Idempotency-Key`, if any; and then whether it is sent again once it was answered. */
  key: string | null;
  twice: boolean;
  body: unknown;
  /** Which page to go on with, instead of what is asked. */
  page: number | null;
  bends: Bend[];
}

/** Of ten requests so many are right. */
const RIGHT = 5.5;
const PARAMETERS = 3;

/** Any request to any operation, about half of them right as far as it can be told beforehand. */
export function plansOf(operations: readonly Operation[], values: SchemaValues): fc.Arbitrary<Plan> {
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: weightOf(operation),
      arbitrary: planOf(operation, values),
    })),
  );
}

function planOf(operation: Operation, values: SchemaValues): fc.Arbitrary<Plan> {
  const body = bodySchemaOf(operation);
  const bodies = body ? values.of(body) : fc.constant(undefined);
  const paged = parametersOf(operation, 'query').some(({ name }) => name === 'cursor');
  const some = <T>(arbitrary: fc.Arbitrary<T>, freq: number) => fc.option(arbitrary, { freq });
  return fc.record({
    operation: fc.constant(operation),
    caller: fc.constantFrom('lead' as const, 'service' as const),
    path: fc.record(
      Object.fromEntries(parametersOf(operation, 'path').map(({ name }) => [name, idsOf(operation, name)])),
    ),
    query: queryOf(operation, values),
    matched: fc.boolean(),
    key: some(fc.uuid(), 2),
    twice: fc.boolean(),
    body: operation.requestBody?.required === false ? fc.option(bodies, { nil: undefined }) : bodies,
    page: paged ? some(fc.nat(1_000), 1) : fc.constant(null),
    bends: fc.oneof(
      { weight: RIGHT * 2, arbitrary: fc.constant<Bend[]>([]) },
      { weight: 20 - RIGHT * 2, arbitrary: fc.array(bends, { minLength: 1, maxLength: 2 }) },
    ),
  });
}

/** What is there; and what is not yet, where it can be put. */
function idsOf(operation: Operation, name: string): fc.Arbitrary<unknown> {
  const live = liveId(collectionOf(operation, name));
  const fresh = fc
    .string({ unit: 'grapheme-composite', minLength: 1, maxLength: 8 })
    .filter((id) => !/^\.*$/.test(id));
  return operation.method === 'PUT' ? fc.oneof(live, fresh) : live;
}

function queryOf(operation: Operation, values: SchemaValues): fc.Arbitrary<Record<string, unknown>> {
  const parameters = parametersOf(operation, 'query').filter(({ name }) => name !== 'cursor');
  return fc
    .subarray(parameters, { maxLength: Math.min(PARAMETERS, parameters.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map(({ name, schema }) => [name, values.of(schema, '', name)]))),
    );
}
