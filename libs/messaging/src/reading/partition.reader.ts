import { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { type RawRecord } from '#libs/processing';
import { rawRecordOf } from '../raw-record.reader';
import { withEphemeralConsumer } from './ephemeral.consumer';
import { Handoff } from './handoff';

/** A topic that is read by ranges, with and without the deployment's prefix. */
export interface ReadTopic {
  name: string;
  topicPrefix: string;
}

interface Turn {
  partition: number;
  records: RawRecord[];
  /** The offset after the batch, which may be behind its last record where the batch was compacted. */
  nextOffset: bigint;
}

export interface ReaderOptions {
  /** How long the next records may take to come; a minute unless said. */
  withinMs?: number;
}

const BATCH_WITHIN_MS = 60_000;

/**
 * Reads ranges of a topic's partitions, one range at a time, no more than a fetch in memory. All partitions but the one being
 * read are paused.
 */
export class PartitionReader {
  readonly #handoff = new Handoff<Turn>();
  #reading: number | null = null;

  private constructor(
    private readonly topic: ReadTopic,
    private readonly consumer: Consumer,
    private readonly withinMs: number,
  ) {}

  /** Runs `work` with a reader of the topic. */
  static with<T>(
    kafka: Kafka,
    topic: ReadTopic,
    work: (reader: PartitionReader) => Promise<T>,
    { withinMs = BATCH_WITHIN_MS }: ReaderOptions = {},
  ): Promise<T> {
    return withEphemeralConsumer(kafka, async (consumer) => {
      const reader = new PartitionReader(topic, consumer, withinMs);
      await reader.#join();
      try {
        return await work(reader);
      } finally {
        reader.#reading = null;
        reader.#handoff.release();
      }
    });
  }

  /** The records of [from, to), in batches. One range at a time. @throws when they do not come. */
  async *read(partition: number, from: bigint, to: bigint): AsyncGenerator<RawRecord[]> {
    if (from >= to) return;
    const topic = this.#fullName;
    this.#reading = partition;
    this.consumer.seek({ topic, partition, offset: String(from) });
    this.consumer.resume([{ topic, partitions: [partition] }]);
    try {
      for (let next = from; next < to;) {
        const what = `${topic}/${partition} from offset ${next}`;
        const turn = await this.#handoff.take(this.withinMs, what);
        // A fetch of the range read before may have been under way.
        if (turn.partition !== partition || turn.nextOffset <= next) continue;
        const records = turn.records.filter(({ offset }) => BigInt(offset) >= next && BigInt(offset) < to);
        next = turn.nextOffset;
        if (records.length > 0) yield records;
      }
    } finally {
      this.#reading = null;
      this.consumer.pause([{ topic, partitions: [partition] }]);
      this.#handoff.release();
    }
  }

  get #fullName(): string {
    return this.topic.topicPrefix + this.topic.name;
  }

  async #join(): Promise<void> {
    const { consumer } = this;
    const { GROUP_JOIN, CRASH, END_BATCH_PROCESS } = consumer.events;
    consumer.on(CRASH, ({ payload }) => this.#handoff.fail(payload.error));
    // What holds only what nobody sees, such as a transaction's marker, is not handed over, and may be a range's end.
    consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
      if (batchSize > 0 || topic !== this.#fullName || partition !== this.#reading) return;
      void this.#handoff.give({ partition, records: [], nextOffset: BigInt(lastOffset) + 1n });
    });
    const joined = new Promise<void>((resolve) => {
      consumer.on(GROUP_JOIN, ({ payload }) => {
        // Before the first fetch, hence synchronously.
        consumer.pause([
          { topic: this.#fullName, partitions: payload.memberAssignment[this.#fullName] ?? [] },
        ]);
        resolve();
      });
    });
    await consumer.subscribe({ topics: [this.#fullName], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: (payload) => this.#hand(payload) });
    await joined;
  }

  async #hand({ batch, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    if (batch.partition !== this.#reading || !isRunning() || isStale()) return;
    const { partition } = batch;
    const records = batch.messages.map((message) => rawRecordOf(this.topic.name, partition, message));
    const given = this.#handoff.give({ partition, records, nextOffset: BigInt(batch.lastOffset()) + 1n });
    // Whoever takes may be slow (it waits for the database): the group must not throw us out meanwhile.
    const beat = setInterval(() => void heartbeat().catch(() => undefined), 1_000);
    await given;
    clearInterval(beat);
  }
}
