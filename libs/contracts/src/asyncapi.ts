import { DeadLetterHeaders } from './dead-letter.headers';
import { messagesOf, type MessageGroup, MESSAGE_GROUPS } from './asyncapi.messages';
import { contractSchemas, schemasReferredToBy } from './json-schema';
import { TOPICS, type TopicSpec } from './topics';

const SCHEMAS = '#/components/schemas/';

const DESCRIPTION = `Turns what is promised in conversations into tasks, and publishes everything that happens to them.

Every message is a CloudEvents 1.0 event. Both Kafka bindings are read: structured (content-type \`application/cloudevents+json\`, or a JSON object with
\`specversion\` and no \`ce_\` headers) and binary, which is described here and in which ours are written. Header values are UTF-8 text. Records may be compressed
with gzip, snappy, lz4 or zstd.

- The same tenant, source and id is the same event, however often and in whatever form it arrives.
- Unknown fields and attributes are ignored. A field that is optional may also be null. Within v1 only additions happen.
- Characters are Unicode code points; sizes in KiB are of UTF-8. The value of a message has at most 256 KiB, and its \`data\` at most 64 levels of objects and arrays, \`data\` itself the first.
- Of repeated keys in a JSON object the last counts; a key \`__proto__\` is dropped.
- A type that nobody knows is skipped; a known type in an unknown version, and whatever breaks a rule, becomes a dead letter.
- Topic names may have a prefix, one for each deployment. "shards" is the number of partitions a deployment was made with (12 unless it was set).`;

/** The AsyncAPI 3.0 document, made from the contract classes. Key order is fixed, so that it can be compared byte for byte. */
export function asyncApiDocument(): Record<string, unknown> {
  const channels = Object.fromEntries(TOPICS.map((topic) => [channelId(topic), channelOf(topic)]));
  const operations = Object.fromEntries(TOPICS.map((topic) => [operationId(topic), operationOf(topic)]));
  const messages = Object.fromEntries(MESSAGE_GROUPS.flatMap((group) => messagesOf(group, SCHEMAS)));
  const all = { ...messages, 'dead-letter': deadLetter() };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'conversation-tasks',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages: all, schemas: schemasReferredToBy(all, SCHEMAS) },
  };
}

function channelOf(topic: TopicSpec): Record<string, unknown> {
  const names = [
    ...groupsOf(topic).flatMap(({ types }) => Object.keys(types)),
    ...(isDeadLetters(topic) ? ['dead-letter'] : []),
  ];
  return {
    address: topic.name,
    description: `Key: ${topic.key}. Partitions: ${topic.partitions}. Written by ${topic.writtenBy}.`,
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        topic: topic.name,
        ...(topic.partitions === 1 && { partitions: 1 }),
        topicConfiguration: {
          'cleanup.policy': [topic.cleanupPolicy],
          'retention.ms': topic.retentionMs,
          'max.message.bytes': topic.maxMessageBytes,
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function operationOf(topic: TopicSpec): Record<string, unknown> {
  return {
    action: topic.direction === 'in' ? 'receive' : 'send',
    channel: { $ref: `#/channels/${channelId(topic)}` },
    summary: topic.direction === 'in' ? `Reads ${topic.name}.` : `Writes ${topic.name}.`,
  };
}

function deadLetter(): Record<string, unknown> {
  const headers = contractSchemas('published', SCHEMAS)[DeadLetterHeaders.name];
  return {
    name: 'dead-letter',
    title: 'dead-letter',
    summary:
      'What could not be read or applied. At least once: topic, partition and offset identify it. It has had no effect at all.',
    contentType: 'application/octet-stream',
    headers,
    payload: { description: 'The original’s bytes.' },
    bindings: {
      kafka: { key: { type: 'string', description: 'As the original.' }, bindingVersion: '0.5.0' },
    },
    examples: [
      {
        name: 'A value that was cut off',
        headers: {
          'errors.topic': 'conversation-events.call',
          'errors.partition': '3',
          'errors.offset': '1018',
          'errors.stage': 'decode',
          'errors.code': 'not_json',
          'errors.message': 'the value is not JSON: it ends too early or has what JSON does not allow',
          'errors.at': '2026-11-20T09:30:00.000Z',
          'errors.attempt': '1',
        },
        payload: '{"specversion":"1.0","id":"conv-1-0',
      },
    ],
  };
}

function groupsOf(topic: TopicSpec): MessageGroup[] {
  return MESSAGE_GROUPS.filter(({ topics }) => topics.includes(topic.name));
}

function isDeadLetters(topic: TopicSpec): boolean {
  return topic.name === 'task-dead-letters';
}

/** `conversation-events.call` → `conversationEventsCall`. */
function channelId(topic: TopicSpec): string {
  return topic.name.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
}

function operationId(topic: TopicSpec): string {
  const id = channelId(topic);
  return `${topic.direction === 'in' ? 'read' : 'write'}${id[0]!.toUpperCase()}${id.slice(1)}`;
}
