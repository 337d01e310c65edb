import { type Admin, type Kafka } from 'kafkajs';
import { type InputPositions } from '#libs/processing';
import { decideStart, InputPositionError, type OffsetRange, type StartPosition } from './start-position';
import { type PartitionsByTopic } from './assignment';

export interface PlacedPartition {
  topic: string;
  partition: number;
  start: StartPosition;
  /** What was read is stored, and the group has never committed it: its lag would stay until the next record came. */
  groupKnowsNothing: boolean;
}

/** Asks everybody who knows where a partition was left, and decides where to begin. */
export class StartPositionsReader {
  constructor(
    private readonly kafka: Kafka,
    private readonly groupId: string,
    private readonly topicPrefix: string,
    private readonly positions: InputPositions,
  ) {}

  /**
   * @throws InputPositionError when the input is not what was read from it; anything else when broker or database do not answer.
   */
  async place(partitions: PartitionsByTopic): Promise<PlacedPartition[]> {
    // A connection of its own each time: this happens once a rebalance, and must work after any outage.
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const placed: PlacedPartition[] = [];
      for (const [topic, numbers] of Object.entries(partitions)) {
        const [group, ranges] = await Promise.all([this.committed(admin, topic), this.ranges(admin, topic)]);
        for (const partition of numbers) {
          const range = ranges.get(partition);
          if (!range) throw new Error(`the broker knows no partition ${partition} of ${topic}`);
          const stored = await this.positions.load(topic, partition);
          const decision = decideStart(stored, group.get(partition) ?? null, range);
          if (!decision.ok) throw new InputPositionError(topic, partition, decision.expected, decision.found);
          const groupKnowsNothing = stored !== null && !group.has(partition);
          placed.push({ topic, partition, start: decision.start, groupKnowsNothing });
        }
      }
      return placed;
    } finally {
      await admin.disconnect();
    }
  }

  private async committed(admin: Admin, topic: string): Promise<Map<number, bigint>> {
    const name = this.topicPrefix + topic;
    const topics = await admin.fetchOffsets({ groupId: this.groupId, topics: [name] });
    const offsets = topics.flatMap(({ partitions }) => partitions);
    // −1: none. −2: kafkajs commits that itself when it resets an offset that was out of range.
    const valid = offsets.filter(({ offset }) => BigInt(offset) >= 0n);
    return new Map(valid.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  private async ranges(admin: Admin, topic: string): Promise<Map<number, OffsetRange>> {
    const offsets = await admin.fetchTopicOffsets(this.topicPrefix + topic);
    return new Map(
      offsets.map(({ partition, low, high }) => [partition, { earliest: BigInt(low), latest: BigInt(high) }]),
    );
  }
}
