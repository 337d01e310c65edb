import {
  isConversationTopicType,
  isOtherVersion,
  isWorkforceType,
  validatorFor,
  WorkforceEnvelope,
  type WorkforceKind,
} from '#libs/contracts';
import { type RawRecord, type WorkforceChange } from '#libs/processing';
import { readCloudEvent } from './cloudevent';
import { isKnownType } from './conversation.intake';
import { readEnvelope } from './envelope';
import { decodeUtf8 } from './json';
import { payloadHash } from './payload-hash';
import { Refusal, refuseProblems } from './refusal';
import { parseWorkforceKey, type WorkforceKey, workforceKey } from './workforce.key';

/**
 * Reads a record of the workforce topic. A null value is a tombstone, and its key says what it removes.
 *
 * @throws Refusal
 */
export function readWorkforceRecord(
  record: RawRecord,
): { kind: 'change'; change: WorkforceChange } | { kind: 'skipped'; type: string } {
  if (record.value === null) {
    return { kind: 'change', change: { ...keyOf(record), body: null, event: null } };
  }
  const read = readCloudEvent(record, isKnownType);
  if ('uninteresting' in read) return { kind: 'skipped', type: read.uninteresting.slice(0, 128) };
  const type = read.attributes['type'];
  if (typeof type === 'string' && type) refuseUnlessHere(type);
  const envelope = readEnvelope(read.attributes, WorkforceEnvelope);
  if (!isWorkforceType(envelope.type))
    throw new Refusal('wrong_topic', `type ${envelope.type} does not belong on this topic`);
  refuseProblems('invalid_data', validatorFor(envelope.type)(read.data));
  const body = read.data as Record<string, unknown> & { id: string };
  // Nothing compares it here; it refuses the numbers that cannot be stored.
  payloadHash({ type: envelope.type, subject: '', time: envelope.time, data: body });
  const about: WorkforceKey = {
    tenantId: envelope.tenantId,
    kind: envelope.type.split('.')[1] as WorkforceKind,
    id: body.id,
  };
  if (workforceKey(keyOf(record)) !== workforceKey(about)) {
    throw new Refusal(
      'wrong_key',
      'the key must be <tenantid>/<kind>:<id> of the event’s own tenantid, type and data.id',
    );
  }
  const { source, id, time } = envelope;
  return { kind: 'change', change: { ...about, body, event: { source, id, time } } };
}

function refuseUnlessHere(type: string): void {
  if (isOtherVersion(type))
    throw new Refusal('unsupported_version', `type ${type} is not known in this version; v1 is`);
  if (isConversationTopicType(type))
    throw new Refusal('wrong_topic', `type ${type} does not belong on this topic`);
}

function keyOf(record: RawRecord): WorkforceKey {
  if (record.key === null)
    throw new Refusal('wrong_key', 'the record has no key; it must be <tenantid>/<kind>:<id>');
  const key = parseWorkforceKey(decodeUtf8(record.key, 'the key'));
  if (!key)
    throw new Refusal(
      'wrong_key',
      'the key must be <tenantid>/<kind>:<id>, kind being agent, team, calendar or policy',
    );
  return key;
}
