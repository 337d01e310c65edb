import {
  answerSchemaOf,
  type ApiDocument,
  collectionOf,
  nameIn,
  type Operation,
  operationsOf,
  parametersOf,
  type Schema,
} from './operations';

/** How many things of a collection are remembered, the last that were seen. */
const REMEMBERED = 40;

interface Thing {
  id: string;
  version?: number;
}

/** A page that has one behind it. */
interface GoingOn {
  target: string;
  next: string;
}

/** What a tenant has, as the answers to requests told: things by their collection, and pages that go on. */
export class LivePools {
  readonly #things = new Map<string, Map<string, Thing>>();
  readonly #pages = new Map<string, GoingOn[]>();
  /** The collections whose things a schema describes. */
  readonly #collections = new Map<string, Set<string>>();
  /** Where a stream stands. */
  lastEventId: string | undefined;

  /** @param reserved ids that are not to be used: nothing is done to those who make the requests. */
  constructor(
    private readonly document: ApiDocument,
    private readonly reserved: readonly string[],
  ) {
    for (const operation of operationsOf(document)) {
      const member = this.#memberOf(operation);
      if (member === undefined) continue;
      const known = this.#collections.get(member.schema) ?? new Set();
      this.#collections.set(member.schema, known.add(member.collection));
    }
  }

  /** An id of a collection; undefined when none is known. */
  pick(collection: string, at: number): string | undefined {
    const ids = [...(this.#things.get(collection)?.keys() ?? [])];
    return ids[at % ids.length];
  }

  versionOf(collection: string, id: string): number | undefined {
    return this.#things.get(collection)?.get(id)?.version;
  }

  page(operation: Operation, at: number): GoingOn | undefined {
    const pages = this.#pages.get(operation.operationId) ?? [];
    return pages[at % pages.length];
  }

  /** Remembers what a good answer has of things. */
  learn(operation: Operation, target: string, answer: unknown): void {
    const schema = answerSchemaOf(operation);
    if (!schema) return;
    this.#walk(schema, answer);
    const { next } = answer as { next?: string | null };
    if (typeof next !== 'string') return;
    const pages = this.#pages.get(operation.operationId) ?? [];
    this.#pages.set(operation.operationId, [{ target, next }, ...pages].slice(0, REMEMBERED));
  }

  #walk(schema: Schema, value: unknown): void {
    const name = nameIn(schema);
    const inside = name === undefined ? schema : this.document.components.schemas[name]!;
    if (name !== undefined && this.#collections.has(name)) this.#add(name, value as Thing);
    if (Array.isArray(value) && inside.items) value.forEach((item) => this.#walk(inside.items!, item));
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(inside.properties ?? {}))
        this.#walk(each, (value as Record<string, unknown>)[key]);
    for (const option of [...(inside.anyOf ?? []), ...(inside.allOf ?? [])])
      if (value !== null && value !== undefined) this.#walk(option, value);
  }

  #add(schema: string, thing: Thing): void {
    if (typeof thing?.id !== 'string' || this.reserved.includes(thing.id)) return;
    for (const collection of this.#collections.get(schema)!) {
      const things = this.#things.get(collection) ?? new Map<string, Thing>();
      this.#things.set(collection, things);
      // In their order a thing that was seen again is a new one.
      things.delete(thing.id);
      things.set(thing.id, thing);
      if (things.size > REMEMBERED) things.delete([...things.keys()][0]!);
    }
  }

  /** What an operation answers with, if that is a thing of a collection, or a page of them. */
  #memberOf(operation: Operation): { collection: string; schema: string } | undefined {
    const answer = answerSchemaOf(operation);
    if (!answer) return undefined;
    const last = parametersOf(operation, 'path').at(-1)?.name;
    const one = nameIn(answer);
    if (last !== undefined && operation.path.endsWith(`/{${last}}`))
      return one === undefined ? undefined : { collection: collectionOf(operation, last), schema: one };
    const { properties } = one === undefined ? answer : this.document.components.schemas[one]!;
    const item = properties?.items?.items && nameIn(properties.items.items);
    return item === undefined ? undefined : { collection: operation.path, schema: item };
  }
}
