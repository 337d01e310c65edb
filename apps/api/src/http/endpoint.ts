import {
  applyDecorators,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { type CallerRole, type ProblemCode } from '#libs/contracts';

type Class = new () => object;

/** A route as it is served, checked and documented: one description for all three. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** As in OpenAPI, below `/v1`: `/tasks/{id}`. */
  path: string;
  /** Its name in OpenAPI, and in the client made from it. */
  name: string;
  summary: string;
  group: string;
  /** One of these is enough. */
  roles: readonly CallerRole[];
  query?: Class;
  body?: Class;
  /** Whether the body may be left out. */
  bodyOptional?: boolean;
  /** Whether `If-Match` is honoured. */
  ifMatch?: boolean;
  /** Whether `Idempotency-Key` is honoured. */
  idempotent?: boolean;
  /** Whether `Last-Event-ID` is honoured. */
  resumable?: boolean;
  status?: number;
  /** Whether it may answer 202 with the same: what was asked for is yet to come. */
  mayBeAccepted?: boolean;
  /** What it answers with; null for a stream. */
  answer: Class | null;
  /** What a line is, where it is answered as lines of JSON to whoever accepts `application/x-ndjson`. */
  lines?: Class;
  /** Beside those that any route may meet. */
  problems?: readonly ProblemCode[];
}

export const ENDPOINT = 'conversation-tasks:endpoint';

const METHODS = {
  GET: RequestMethod.GET,
  POST: RequestMethod.POST,
  PUT: RequestMethod.PUT,
  PATCH: RequestMethod.PATCH,
};

/** Serves a method at a route. */
export function Serves(endpoint: Endpoint): MethodDecorator {
  const path = `/v1${endpoint.path.replace(/\{(\w+)\}/g, ':$1')}`;
  return applyDecorators(
    RequestMapping({ path, method: METHODS[endpoint.method] }),
    HttpCode(endpoint.status ?? 200),
    SetMetadata(ENDPOINT, endpoint),
  );
}

/** The endpoints that a controller serves, in the order of its methods. */
export function endpointsOf({ prototype }: Type<object>): Endpoint[] {
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const method = (prototype as Record<string, unknown>)[name];
    return typeof method === 'function'
      ? [(Reflect.getMetadata(ENDPOINT, method) as Endpoint | undefined) ?? []].flat()
      : [];
  });
}
