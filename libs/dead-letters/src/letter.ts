import { WORKFORCE_TOPIC } from '#libs/contracts';
import { type DeadLetterStage, type RawRecord } from '#libs/processing';
import { letterFingerprint } from './letter.fingerprint';

/** Where a dead letter's record was read: what identifies it. The topic without the deployment's prefix. */
export interface LetterId {
  topic: string;
  partition: number;
  offset: string;
}

/** One dead letter as its newest copy has it, without its bytes. */
export interface Letter {
  id: LetterId;
  /** Of the record: a topic made anew may have another one at the same place, which is another letter. */
  fingerprint: string;
  stage: DeadLetterStage;
  code: string;
  /** The beginning of the reason; whole with the record. */
  message: string;
  /** When it failed, RFC 3339. */
  at: string;
  /** How often it has failed. */
  attempt: number;
  /** Where the copy is: partition and offset of the dead letters' topic. */
  copy: { partition: number; offset: string };
  /** Of key and value, in bytes. */
  size: number;
}

/** The headers a dead letter has beside those of its record. */
const ADDED = ['topic', 'partition', 'offset', 'stage', 'code', 'message', 'at', 'attempt'] as const;
type Added = (typeof ADDED)[number];

const SHORT_MESSAGE_BYTES = 300;

/** Reads a record of the dead letters' topic; null for one that is no dead letter, which somebody else put there. */
export function letterOf(copy: RawRecord): Letter | null {
  const added = addedHeaders(copy);
  const { topic, partition, offset, stage, code, at } = added;
  const isWhole = topic && /^\d{1,9}$/.test(partition) && /^\d{1,19}$/.test(offset) && code && at;
  if (!isWhole) return null;
  return {
    id: { topic, partition: Number(partition), offset },
    fingerprint: letterFingerprint(originalOf(copy)),
    stage: stage as DeadLetterStage,
    code,
    message: shortMessage(copy),
    at,
    attempt: Math.max(1, Number(added.attempt) || 1),
    copy: { partition: copy.partition, offset: copy.offset },
    size: (copy.key?.length ?? 0) + (copy.value?.length ?? 0),
  };
}

/** The whole reason, however long. */
export function messageOf(copy: RawRecord): string {
  return addedHeaders(copy).message;
}

/**
 * The record that became a dead letter, byte for byte: what was added is taken away, and headers that it had under the same names
 * before stay. Only its timestamp is the letter's, which nothing is made of.
 */
export function originalOf(copy: RawRecord): RawRecord {
  const { topic, partition, offset } = addedHeaders(copy);
  const names = new Set<string>(ADDED.map((name) => `errors.${name}`));
  const headers = Object.entries(copy.headers).flatMap(([name, value]): [string, typeof value][] => {
    if (!names.has(name)) return [[name, value]];
    const before = [value].flat().slice(0, -1);
    return before.length === 0 ? [] : [[name, before.length === 1 ? before[0] : (before as Buffer[])]];
  });
  return { ...copy, topic, partition: Number(partition), offset, headers: Object.fromEntries(headers) };
}

/** The letter of two with the same identity that says how things stand: the one that failed most often, else the later. */
export function newerOf(one: Letter | undefined, other: Letter): Letter {
  if (!one) return other;
  if (one.attempt !== other.attempt) return one.attempt > other.attempt ? one : other;
  return one.at > other.at ? one : other;
}

/**
 * In the order in which the records were read: topic, partition, offset. People before conversations, as workers read them: or a
 * command would be refused for good for naming somebody whose letter comes next.
 */
export function byOrigin({ id: a }: { id: LetterId }, { id: b }: { id: LetterId }): number {
  if (a.topic !== b.topic) return rankOf(a.topic) < rankOf(b.topic) ? -1 : 1;
  return a.partition - b.partition || compareOffsets(a.offset, b.offset);
}

const rankOf = (topic: string): string => (topic === WORKFORCE_TOPIC ? '' : topic);

/** A header that is there more than once counts by the last in Kafka, which is the one that was added. */
function addedHeaders({ headers }: RawRecord): Record<Added, string> {
  const lastOf = (name: Added): string => String([headers[`errors.${name}`]].flat().at(-1) ?? '');
  return Object.fromEntries(ADDED.map((name) => [name, lastOf(name)])) as Record<Added, string>;
}

/** Cut as bytes, so that the whole is not kept alive by a piece of it. */
function shortMessage(copy: RawRecord): string {
  const whole = Buffer.from(addedHeaders(copy).message);
  if (whole.length <= SHORT_MESSAGE_BYTES) return whole.toString();
  return `${whole
    .subarray(0, SHORT_MESSAGE_BYTES)
    .toString()
    .replace(/\ufffd$/, '')}…`;
}

function compareOffsets(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
