import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import {
  contractSchemas,
  LIMITS,
  Problem,
  type ProblemCode,
  PROBLEMS,
  problemType,
  schemasReferredToBy,
} from '#libs/contracts';
import { type Endpoint, endpointsOf } from '../http/endpoint';
import { NDJSON } from '../http/long.answer';

type Json = Record<string, unknown>;

const SCHEMAS = '#/components/schemas/';
/** What any route may meet: a body is read before it is known whether the route takes one. */
const ALWAYS: ProblemCode[] = [
  'invalid',
  'malformed',
  'too_large',
  'unsupported_media_type',
  'unauthenticated',
  'forbidden',
  'too_many_requests',
  'unavailable',
  'internal',
];

const DESCRIPTION = `Tasks from conversations: create them, work them, read what happened.

Who you are is in the token: tenant, id and roles; nothing in a request can say otherwise, and nothing of another tenant is there. A request that goes wrong is
answered with a problem (RFC 9457), whose \`code\` is stable and whose \`detail\` is for people. A command that is sent again under the same \`Idempotency-Key\` is
done once and gets the same answer. A body has at most ${LIMITS.messageBytes / 1024} KiB, and no field that is not described here.`;

/** The OpenAPI 3.1 document of these controllers, made from their endpoints and the contract classes. Key order is fixed, so that it can be compared byte for byte. */
export function openApiDocument(controllers: readonly Type<object>[]): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of controllers.flatMap(endpointsOf)) {
    const path = `/v1${endpoint.path}`;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  const problem = { $ref: `${SCHEMAS}${Problem.name}` };
  return {
    openapi: '3.1.0',
    info: {
      title: 'conversation-tasks',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: schemasReferredToBy([paths, problem], SCHEMAS),
    },
  };
}

function operationOf(endpoint: Endpoint): Json {
  const { name, summary, group, roles, body, bodyOptional = false, answer, lines, status = 200 } = endpoint;
  return {
    operationId: name,
    summary,
    description: `Roles: ${roles.join(', ')}.`,
    tags: [group],
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint), ...headerParameters(endpoint)],
    ...(body && { requestBody: { required: !bodyOptional, content: jsonOf(body.name) } }),
    responses: {
      [status]: {
        description: 'As asked.',
        content: answer
          ? { ...jsonOf(answer.name), ...(lines && jsonOf(lines.name, NDJSON)) }
          : { 'text/event-stream': { schema: { type: 'string' } } },
      },
      ...(endpoint.mayBeAccepted && {
        202: { description: 'As asked, and yet to come.', content: jsonOf(answer!.name) },
      }),
      ...problemResponses(endpoint),
    },
  };
}

function jsonOf(name: string, mediaType = 'application/json'): Json {
  return { [mediaType]: { schema: { $ref: SCHEMAS + name } } };
}

function pathParameters({ path }: Endpoint): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: 'string', minLength: 1, maxLength: LIMITS.idCharacters },
  }));
}

function queryParameters({ query }: Endpoint): Json[] {
  if (!query) return [];
  const { properties } = contractSchemas('published', SCHEMAS)[query.name] as {
    properties: Record<string, Json>;
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: 'query', required: false },
    ...(description !== undefined && { description }),
    // A list is separated by commas; null cannot be said here.
    ...{ style: 'form', explode: false, schema: withoutNull(schema) },
  }));
}

function withoutNull(schema: Json): Json {
  const options = schema.anyOf as Json[] | undefined;
  const [only, ...others] = options?.filter(({ type }) => type !== 'null') ?? [];
  return only && others.length === 0 ? only : schema;
}

function headerParameters({ ifMatch, idempotent, resumable }: Endpoint): Json[] {
  return [
    ...(resumable
      ? [
          {
            ...{ name: 'Last-Event-ID', in: 'header', required: false },
            description: 'The id of the last event that was seen: all behind it is sent first.',
            schema: { type: 'string' },
          },
        ]
      : []),
    ...(ifMatch
      ? [
          {
            ...{ name: 'If-Match', in: 'header', required: false },
            description:
              'The ETag of the task that the caller has seen: another version is answered with 412.',
            schema: { type: 'string' },
          },
        ]
      : []),
    ...(idempotent
      ? [
          {
            ...{ name: 'Idempotency-Key', in: 'header', required: false },
            description:
              'The same request under it is done once, and gets the same answer; another one is answered with 422.',
            schema: { type: 'string', minLength: 1, maxLength: LIMITS.idempotencyKeyCharacters },
          },
        ]
      : []),
  ];
}

/** One response a status: it names the codes that a problem with it may have. */
function problemResponses({ problems = [], ifMatch }: Endpoint): Record<string, Json> {
  const codes = new Set([...ALWAYS, ...problems, ...(ifMatch ? (['stale_version'] as const) : [])]);
  const statuses = [...new Set([...codes].map((code) => PROBLEMS[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const own = [...codes].filter((code) => PROBLEMS[code].status === status);
      return [
        status,
        {
          description: own
            .map((code) => `\`${problemType(code)}\`: ${PROBLEMS[code].title.toLowerCase()}.`)
            .join(' '),
          content: { 'application/problem+json': { schema: { $ref: `${SCHEMAS}${Problem.name}` } } },
        },
      ];
    }),
  );
}
