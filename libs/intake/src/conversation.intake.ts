import {
  channelOfTopic,
  ConversationEnvelope,
  type ConversationTopicType,
  isConversationTopicType,
  isOtherVersion,
  isWorkforceType,
  TASK_COMMANDS,
  validatorFor,
} from '#libs/contracts';
import { type Channel } from '#libs/domain';
import { type InboundEvent, type IntakeResult, type RawRecord } from '#libs/processing';
import { readCloudEvent } from './cloudevent';
import { readEnvelope } from './envelope';
import { payloadHash } from './payload-hash';
import { Refusal, refuseProblems } from './refusal';

/** Any type of the input topics, in whatever version: what is not is skipped unread. */
export function isKnownType(type: string): boolean {
  return isConversationTopicType(type) || isWorkforceType(type) || isOtherVersion(type);
}

/**
 * Reads a record of a conversation topic.
 *
 * @throws Refusal
 */
export function readConversationRecord(record: RawRecord): IntakeResult {
  const read = readCloudEvent(record, isKnownType);
  if ('uninteresting' in read) return { kind: 'skipped', type: read.uninteresting.slice(0, 128) };
  const channel = channelOfTopic(record.topic);
  const type = read.attributes['type'];
  if (typeof type === 'string' && type) refuseUnlessHere(type, channel !== undefined);
  const envelope = readEnvelope(read.attributes, ConversationEnvelope);
  const body = readBody(envelope.type as ConversationTopicType, read.data, channel!);
  const subject = envelope.subject!;
  return {
    kind: 'event',
    event: {
      tenantId: envelope.tenantId,
      source: envelope.source,
      id: envelope.id,
      conversationId: subject,
      channel: channel!,
      time: envelope.time,
      ...(envelope.traceparent !== undefined && { traceparent: envelope.traceparent }),
      payloadHash: payloadHash({ type: envelope.type, subject, time: envelope.time, data: read.data }),
      origin: { topic: record.topic, partition: record.partition, offset: record.offset },
      body,
    },
  };
}

function refuseUnlessHere(type: string, isConversationTopic: boolean): void {
  if (isOtherVersion(type))
    throw new Refusal('unsupported_version', `type ${type} is not known in this version; v1 is`);
  if (!isConversationTopic || !isConversationTopicType(type)) {
    throw new Refusal('wrong_topic', `type ${type} does not belong on this topic`);
  }
}

function readBody(type: ConversationTopicType, data: unknown, channel: Channel): InboundEvent['body'] {
  refuseProblems('invalid_data', validatorFor(type)(data));
  const said = (data as { channel?: Channel | null }).channel;
  if (said != null && said !== channel)
    throw new Refusal('wrong_channel', `data.channel must be ${channel}, the topic's`);
  // What the validator let pass is what the type says: the contract classes and the domain's words are one, which a test holds.
  return { type, data: type in TASK_COMMANDS ? withTaskId(data as Data) : data } as InboundEvent['body'];
}

type Data = Record<string, unknown>;

/** A UUID is the same in either case, so it is compared and stored in one; an id that is null is one the sender does not give. */
function withTaskId(data: Data): Data {
  const { taskId, ...rest } = data;
  if (taskId === undefined) return data;
  return typeof taskId === 'string' ? { ...rest, taskId: taskId.toLowerCase() } : rest;
}
