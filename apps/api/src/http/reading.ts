import { type Request } from 'express';
import {
  contractSchemas,
  isTraceparent,
  isPrintable,
  LIMITS,
  strictValidator,
  unstorableStringIn,
  type ValidationProblem,
  type Validator,
} from '#libs/contracts';
import { type Endpoint } from './endpoint';
import { invalid, problem } from './problem';

type Class = new () => object;

/** Reads and checks one endpoint's requests; made once, when the process starts. */
export class RequestReader {
  readonly #query: ((given: URLSearchParams) => unknown) | null;
  readonly #body: Validator | null;

  constructor(private readonly endpoint: Endpoint) {
    this.#query = endpoint.query ? queryReader(endpoint.query) : null;
    this.#body = endpoint.body ? strictValidator(endpoint.body) : null;
  }

  /** @throws RequestProblem `invalid` naming each parameter that is wrong. */
  query(request: Request): unknown {
    const given = new URLSearchParams(new URL(request.originalUrl, 'http://any').search);
    const [unknown] = given.keys();
    if (this.#query) return this.#query(given);
    if (unknown !== undefined)
      throw invalid([{ field: unknown, message: `${unknown} is not known here: there are no parameters` }]);
    return {};
  }

  /** @throws RequestProblem naming each field that is wrong. */
  body(request: Request): unknown {
    const { body } = request as { body?: unknown };
    if (!this.#body) {
      if (body === undefined || isEmptyObject(body)) return {};
      throw invalid([{ field: 'body', message: 'the request has a body, and this route takes none' }]);
    }
    if (body === undefined) {
      if (hasBody(request))
        throw problem('unsupported_media_type', 'the body must have the content-type application/json');
      if (this.endpoint.bodyOptional) return {};
      throw invalid([{ field: 'body', message: 'a body is required, with content-type application/json' }]);
    }
    return checked(body, this.#body);
  }

  /** @throws RequestProblem */
  idempotencyKey(request: Request): string | null {
    const key = this.endpoint.idempotent ? request.header('idempotency-key') : undefined;
    if (key === undefined) return null;
    if (!isPrintable(key, LIMITS.idempotencyKeyCharacters))
      throw invalid([
        {
          field: 'Idempotency-Key',
          message: `Idempotency-Key must be 1 to ${LIMITS.idempotencyKeyCharacters} printable characters`,
        },
      ]);
    return key;
  }

  /** @throws RequestProblem */
  expectedVersion(request: Request): number | null {
    const header = this.endpoint.ifMatch ? request.header('if-match')?.trim() : undefined;
    if (header === undefined || header === '*') return null;
    const version = /^"(\d{1,9})"$/.exec(header)?.[1];
    if (version === undefined)
      throw invalid([
        { field: 'If-Match', message: 'If-Match must be one ETag of the task, such as "3", or *' },
      ]);
    return Number(version);
  }
}

/** What W3C trace context says, where it is any. */
export function traceparentOf(request: Request): string | undefined {
  const given = request.header('traceparent');
  return given !== undefined && isTraceparent(given) ? given : undefined;
}

/** A value as it was checked. @throws RequestProblem `invalid`; `field` is put before each field's name. */
export function checked(value: unknown, validator: Validator, field = ''): unknown {
  // Before anything that goes into it level by level.
  if (isDeeper(value, LIMITS.dataLevels)) {
    const name = field || 'body';
    throw invalid([{ field: name, message: `${name} must have at most ${LIMITS.dataLevels} levels` }]);
  }
  const problems = validator(value);
  const unstorable = problems.length === 0 ? unstorableStringIn(value, field) : undefined;
  if (unstorable !== undefined)
    problems.push({ field: unstorable, message: `${unstorable} has U+0000 or half a character in it` });
  if (problems.length > 0) throw invalid(problems.map((each) => within(field, each)));
  return value;
}

/** Whether objects and arrays stand in each other to more than so many levels, the outermost being the first. */
function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels; depth += 1) {
    level = level
      .filter((each) => typeof each === 'object' && each !== null)
      .flatMap((each) => Object.values(each!));
    if (level.length === 0) return false;
  }
  return true;
}

function within(field: string, { field: own, message }: ValidationProblem): ValidationProblem {
  const name = own === 'the message' ? 'body' : own;
  const said = own === 'the message' ? message.replace('the message', 'the body') : message;
  return field === ''
    ? { field: name, message: said }
    : { field: `${field}.${name}`, message: `${field}.${said}` };
}

interface Schema {
  type?: string;
  items?: Schema;
  anyOf?: Schema[];
}

/** Reads a query as its class has it: numbers, booleans and lists from text. */
function queryReader(of: Class): (given: URLSearchParams) => unknown {
  const validator = strictValidator(of);
  const { properties } = contractSchemas('published', '')[of.name] as { properties: Record<string, Schema> };
  return (given) => {
    const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const name of new Set(given.keys())) {
      const texts = given.getAll(name);
      value[name] = valueOf(texts, typeOf(Object.hasOwn(properties, name) ? properties[name]! : {}));
    }
    return checked(value, validator);
  };
}

function typeOf(schema: Schema): string | undefined {
  return schema.type ?? schema.anyOf?.find(({ type }) => type !== 'null')?.type;
}

/** What is not as it should be stays text, which the validator then refuses by name. A parameter that is given twice and is no list is no text either. */
function valueOf(texts: string[], type: string | undefined): unknown {
  const [text] = texts;
  if (type === 'array') return texts.flatMap((each) => each.split(','));
  if (texts.length > 1) return texts;
  if (type === 'integer') return /^-?\d{1,9}$/.test(text!) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0;
}

function hasBody(request: Request): boolean {
  return (
    request.header('transfer-encoding') !== undefined || Number(request.header('content-length') ?? 0) > 0
  );
}
