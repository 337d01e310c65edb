import { ActivityEnvelope, ConversationEnvelope, PublishedEnvelope, WorkforceEnvelope } from './envelope';
import {
  CONVERSATION_EVENTS,
  type EventType,
  TASK_ACTIVITIES,
  TASK_COMMANDS,
  TASK_REJECTIONS,
  WORKFORCE_EVENTS,
} from './event-types';
import { EXAMPLES, type MessageExample } from './examples';
import { contractSchemas } from './json-schema';
import { type JsonSchema } from './rule';
import { CONVERSATION_TOPICS, TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC, WORKFORCE_TOPIC } from './topics';
import { type EnvelopeClass } from './validator';

/** Types that share topics, key and envelope. */
export interface MessageGroup {
  types: Partial<Record<EventType, new () => object>>;
  topics: readonly string[];
  key: string;
  envelope: EnvelopeClass;
  /** Written by the relay, with a `position` header. */
  positioned: boolean;
}

const conversationTopics = Object.values(CONVERSATION_TOPICS);
const incoming = {
  positioned: false,
  topics: conversationTopics,
  key: 'The conversation’s id.',
  envelope: ConversationEnvelope,
};

export const MESSAGE_GROUPS: readonly MessageGroup[] = [
  { ...incoming, types: CONVERSATION_EVENTS },
  { ...incoming, types: TASK_COMMANDS },
  {
    types: WORKFORCE_EVENTS,
    topics: [WORKFORCE_TOPIC],
    key: 'tenantid, slash, kind, colon, id: `demo/agent:dana`. A record with this key and no value removes it.',
    envelope: WorkforceEnvelope,
    positioned: false,
  },
  {
    types: TASK_ACTIVITIES,
    topics: [TASK_ACTIVITY_TOPIC],
    key: 'The task’s id.',
    envelope: ActivityEnvelope,
    positioned: true,
  },
  {
    types: TASK_REJECTIONS,
    topics: [TASK_REJECTIONS_TOPIC],
    key: 'The conversation’s id.',
    envelope: PublishedEnvelope,
    positioned: true,
  },
];

/** The messages of a group by their event type. */
export function messagesOf(group: MessageGroup, schemas: string): [string, Record<string, unknown>][] {
  return Object.entries(group.types).map(([type, of]) => [
    type,
    {
      name: type,
      title: type,
      summary: summaryOf(type, of),
      contentType: 'application/json',
      headers: headersOf(group, type),
      payload: { $ref: schemas + of.name },
      bindings: { kafka: { key: { type: 'string', description: group.key }, bindingVersion: '0.5.0' } },
      examples: EXAMPLES[type as EventType].map((example) => ({
        name: example.name,
        headers: headerExample(group, type, example),
        payload: example.data,
      })),
    },
  ]);
}

function summaryOf(type: string, of: new () => object): string {
  const description = String(contractSchemas('published', '')[of.name]!['description']);
  return description.startsWith(`${type}: `) ? description.slice(type.length + 2) : description;
}

/** The envelope as it is in binary mode: attributes as `ce_` headers. */
function headersOf(group: MessageGroup, type: string): JsonSchema {
  const { properties, required } = contractSchemas('published', '')[group.envelope.name] as {
    properties: Record<string, JsonSchema>;
    required: string[];
  };
  const headers: Record<string, JsonSchema> = {
    'content-type': { type: 'string', const: 'application/json' },
  };
  for (const [attribute, schema] of Object.entries(properties))
    headers[headerName(attribute)] = withoutNull(schema);
  headers['ce_type'] = { type: 'string', const: type };
  if (group.positioned) {
    headers['position'] = {
      type: 'string',
      pattern: '^[1-9][0-9]*$',
      description: '1, 2, 3 … per partition: the record’s offset plus one.',
    };
  }
  return {
    type: 'object',
    properties: headers,
    required: ['content-type', ...required.map(headerName), ...(group.positioned ? ['position'] : [])],
  };
}

function headerName(attribute: string): string {
  return attribute === 'traceparent' ? attribute : `ce_${attribute}`;
}

/** A header is there or not; it is never null. */
function withoutNull({ anyOf, ...schema }: JsonSchema): JsonSchema {
  return anyOf ? { ...schema, ...(anyOf as JsonSchema[])[0] } : schema;
}

/** The example's headers. */
function headerExample(group: MessageGroup, type: string, example: MessageExample): Record<string, string> {
  const attributes = { specversion: '1.0', type, ...example.attributes };
  return {
    'content-type': 'application/json',
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [headerName(name), value])),
    ...(group.positioned && { position: '42' }),
  };
}
