import { type Kafka } from 'kafkajs';
import { CONVERSATION_TOPICS } from '#libs/contracts';
import { endOffsets, groupOffsets, type PartitionOffsets, PartitionReader } from '#libs/messaging';
import { fingerprintOf, type InputPosition } from '#libs/processing';

/** Where a partition is gone on with, and who says so. */
export interface GoingOn {
  nextOffset: bigint;
  by: 'group' | 'causes';
}

/** By `topic/partition`: the greatest offset of an event that led to something. */
export type GreatestCauses = ReadonlyMap<string, bigint>;

export interface RebuiltPositions {
  positions: InputPosition[];
  /** How many partitions by whose word; `unknown` are read from their earliest record. */
  counts: Record<GoingOn['by'] | 'unknown', number>;
}

/**
 * Where to go on with a partition of which no position is stored.
 *
 * The group commits an offset after what is before it was applied, so its word is good. It is also taken where causes lie beyond:
 * a worker that was killed before it committed had perhaps not applied all that lies before them, and what it had is mostly known
 * by its identity. A group that was silent for a week is forgotten; then the greatest cause is all there is to go by. Without
 * either, nothing is known to have been applied.
 *
 * @param offsets what the broker still has. What it let go of behind the last cause was read, for all that anybody knows: a worker
 *   that finds its stored position gone takes it for a loss, and stops.
 */
export function whereToGoOn(
  committed: bigint | null,
  greatestCause: bigint | null,
  { earliest }: Pick<PartitionOffsets, 'earliest'>,
): GoingOn | null {
  if (committed !== null) return { nextOffset: committed, by: 'group' };
  if (greatestCause === null) return null;
  const behind = greatestCause + 1n;
  return { nextOffset: behind < earliest ? earliest : behind, by: 'causes' };
}

/**
 * The positions of the conversation topics. Not of the workforce's: it is compacted, and its people are gone from the database, so
 * it is read from its beginning whatever its group has committed.
 */
export async function rebuiltPositions(
  kafka: Kafka,
  { topicPrefix, groupId }: { topicPrefix: string; groupId: string },
  causes: GreatestCauses,
): Promise<RebuiltPositions> {
  const rebuilt: RebuiltPositions = { positions: [], counts: { group: 0, causes: 0, unknown: 0 } };
  for (const topic of Object.values(CONVERSATION_TOPICS)) {
    const committed = new Map(
      (await groupOffsets(kafka, topicPrefix, groupId, topic)).map(({ partition, offset }) => [
        partition,
        offset,
      ]),
    );
    const partitions = await endOffsets(kafka, topicPrefix, topic);
    await PartitionReader.with(kafka, { name: topic, topicPrefix }, async (reader) => {
      for (const offsets of partitions) {
        const { partition } = offsets;
        const cause = causes.get(`${topic}/${partition}`) ?? null;
        const goingOn = whereToGoOn(committed.get(partition) ?? null, cause, offsets);
        rebuilt.counts[goingOn?.by ?? 'unknown'] += 1;
        if (!goingOn) continue;
        const { nextOffset } = goingOn;
        const fingerprint = await fingerprintBefore(nextOffset, offsets, reader);
        rebuilt.positions.push({ topic, partition, nextOffset: String(nextOffset), fingerprint });
      }
    });
  }
  return rebuilt;
}

/** Of the record before an offset; empty where the broker has none there: nobody will compare it. */
async function fingerprintBefore(
  offset: bigint,
  { partition, earliest, end }: PartitionOffsets,
  reader: PartitionReader,
): Promise<string> {
  const before = offset - 1n;
  if (before < earliest || before >= end) return '';
  let fingerprint = '';
  for await (const records of reader.read(partition, before, offset))
    for (const record of records) fingerprint = fingerprintOf(record);
  return fingerprint;
}
