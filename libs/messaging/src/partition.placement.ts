import { type Consumer } from 'kafkajs';
import { keyOf, type PartitionsByTopic } from './assignment';
import { type CommitsOwner, type OffsetCommits } from './offset.commits';
import { PartitionReading } from './partition.reading';
import { GrowingPause } from './pause';
import { InputPositionError } from './start-position';
import { type StartPositionsReader } from './start-positions.reader';

/** What a placement must know of the member it belongs to, and tell it. */
export interface PlacementOwner extends CommitsOwner {
  passOver(topic: string, partition: number, nextOffset: string): Promise<void>;
  onFatal(error: Error): void;
}

/** Where each partition of one assignment is being read. Until a partition is placed, it is not fetched. */
export class PartitionPlacement {
  private readonly readings = new Map<string, PartitionReading>();

  constructor(
    private readonly consumer: Consumer,
    private readonly topicPrefix: string,
    private readonly startPositions: StartPositionsReader,
    readonly commits: OffsetCommits,
    private readonly owner: PlacementOwner,
  ) {}

  /** Undefined while the partition is not placed. */
  readingOf(topic: string, partition: number): PartitionReading | undefined {
    return this.readings.get(keyOf(topic, partition));
  }

  /**
   * Stops fetching at once, finds out where to begin, and lets the partitions be fetched from there. Waits for database and
   * broker as long as it takes. Never rejects.
   */
  async place(partitions: PartitionsByTopic): Promise<void> {
    const named = Object.entries(partitions);
    for (const [topic, numbers] of named)
      numbers.forEach((number) => this.readings.delete(keyOf(topic, number)));
    const full = named.map(([topic, numbers]) => ({ topic: this.topicPrefix + topic, partitions: numbers }));
    const pause = new GrowingPause(250, 1_000);
    while (!this.owner.isOver()) {
      try {
        this.consumer.pause(full);
        const placed = await this.startPositions.place(partitions);
        if (this.owner.isOver()) return;
        for (const { topic, partition, start, groupKnowsNothing } of placed) {
          this.readings.set(keyOf(topic, partition), new PartitionReading(start));
          // A process may die between the database's commit and the group's first one of a partition, and a group forgets after a
          // week of silence: with nothing more to read, nobody would commit, and the group's lag would stay.
          if (groupKnowsNothing) this.commits.stored(topic, partition, start.startAt);
          // Without autoCommit a seek does not commit.
          this.consumer.seek({ topic: this.topicPrefix + topic, partition, offset: String(start.readFrom) });
        }
        this.consumer.resume(full);
        return;
      } catch (error) {
        if (error instanceof InputPositionError) return this.owner.onFatal(error);
        this.owner.onWait(
          `input positions unknown, again in ${pause.nextMs} ms: ${(error as Error).message}`,
        );
        await pause.take();
      }
    }
  }

  /**
   * Takes note that a fetch had nothing for handlers up to this offset, such as an aborted transaction and its marker. Timers wait
   * for the stored position, and no batch will store this one; the group's offset follows. Tries until it is stored, or another
   * batch was, or the partition is not this member's. Never rejects.
   */
  async passOver(topic: string, partition: number, lastOffset: string): Promise<void> {
    const reading = this.readingOf(topic, partition);
    if (!reading) return;
    const next = BigInt(lastOffset) + 1n;
    reading.advanceTo(next);
    const pause = new GrowingPause(250, 5_000);
    while (!this.owner.isOver() && reading.nextOffset === next) {
      try {
        await this.owner.passOver(topic, partition, String(next));
        this.commits.stored(topic, partition, next);
        return;
      } catch (error) {
        this.owner.onWait(
          `${topic}-${partition} not stored as read to ${next}, again in ${pause.nextMs} ms: ${(error as Error).message}`,
        );
        await pause.take();
      }
    }
  }
}
