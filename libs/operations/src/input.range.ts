import { type Kafka } from 'kafkajs';
import { endOffsets, offsetsAt } from '#libs/messaging';
import { type InputRange, type ReplaySelection } from './replay.operation';

/** A topic does not have as many partitions. */
export class NoSuchPartition extends Error {
  override readonly name = 'NoSuchPartition';

  constructor(
    topic: string,
    partition: number,
    readonly partitions: number,
  ) {
    super(`${topic} has no partition ${partition}`);
  }
}

/**
 * The ranges of a selection, fixed now: what arrives later is not chased.
 *
 * @throws NoSuchPartition for a partition that is not there.
 */
export async function rangesOf(
  kafka: Kafka,
  topicPrefix: string,
  selection: ReplaySelection,
): Promise<InputRange[]> {
  const ranges: InputRange[] = [];
  for (const topic of selection.topics) {
    const partitions = await endOffsets(kafka, topicPrefix, topic);
    const missing = selection.partitions?.find((partition) => partition >= partitions.length);
    if (missing !== undefined) throw new NoSuchPartition(topic, missing, partitions.length);
    const [since, until] = await Promise.all(
      [selection.from, selection.to].map((time) =>
        time === null ? null : offsetsAt(kafka, topicPrefix, topic, new Date(time)),
      ),
    );
    for (const { partition, earliest, end } of partitions) {
      if (selection.partitions && !selection.partitions.includes(partition)) continue;
      const from = greatest(earliest, selection.fromOffset, since?.[partition]);
      const to = least(end, selection.toOffset, until?.[partition]);
      if (from < to)
        ranges.push({ topic, partition, from: String(from), to: String(to), next: String(from) });
    }
  }
  return ranges;
}

/**
 * Ranges to go on with, without what the topics no longer have.
 *
 * @returns them, and how many records of them are gone.
 */
export async function stillThere(
  kafka: Kafka,
  topicPrefix: string,
  ranges: readonly InputRange[],
): Promise<{ ranges: InputRange[]; gone: bigint }> {
  let gone = 0n;
  const left: InputRange[] = [];
  for (const topic of new Set(ranges.map((range) => range.topic))) {
    const partitions = await endOffsets(kafka, topicPrefix, topic);
    for (const range of ranges.filter((each) => each.topic === topic)) {
      const there = partitions[range.partition];
      const next = greatest(BigInt(range.next), there?.earliest);
      const to = least(BigInt(range.to), there?.end ?? 0n);
      const before = BigInt(range.to) - BigInt(range.next);
      const after = to > next ? to - next : 0n;
      gone += before - after;
      left.push({ ...range, next: String(to > next ? next : to), to: String(to) });
    }
  }
  return { ranges: left, gone };
}

type Bound = bigint | string | null | undefined;

const greatest = (least: bigint, ...others: Bound[]): bigint =>
  others.reduce<bigint>((a, b) => (b != null && BigInt(b) > a ? BigInt(b) : a), least);
const least = (most: bigint, ...others: Bound[]): bigint =>
  others.reduce<bigint>((a, b) => (b != null && BigInt(b) < a ? BigInt(b) : a), most);
