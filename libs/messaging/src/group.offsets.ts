import { type Admin, type Kafka } from 'kafkajs';

/** Where a group is in a partition, and where that ends. */
export interface GroupOffset {
  topic: string;
  partition: number;
  /** The offset to read next; the earliest there is when the group has committed nothing. */
  next: bigint;
  /** Of the first record that is still there; `end` when none is. */
  earliest: bigint;
  /** The offset the next new record gets. */
  end: bigint;
}

/** Asks the broker how far a group is, over one connection that is kept, since it asks every few seconds. */
export class GroupOffsetsReader {
  #admin: Promise<Admin> | null = null;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: { groupId: string; topicPrefix: string },
  ) {}

  /** Every partition of these topics. @throws when the broker does not answer; the next call connects anew. */
  async read(topics: readonly string[]): Promise<GroupOffset[]> {
    if (topics.length === 0) return [];
    const connecting = (this.#admin ??= this.#connect());
    try {
      return await this.#ask(await connecting, topics);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = null;
    await admin?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  async #connect(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }

  async #ask(admin: Admin, topics: readonly string[]): Promise<GroupOffset[]> {
    const { groupId, topicPrefix } = this.options;
    const committed = await admin.fetchOffsets({
      groupId,
      topics: topics.map((topic) => topicPrefix + topic),
    });
    const found: GroupOffset[] = [];
    for (const topic of topics) {
      const own = committed.find((each) => each.topic === topicPrefix + topic)?.partitions ?? [];
      const offsets = new Map(own.map(({ partition, offset }) => [partition, BigInt(offset)]));
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topicPrefix + topic)) {
        const offset = offsets.get(partition) ?? -1n;
        const earliest = BigInt(low);
        found.push({ topic, partition, next: offset < 0n ? earliest : offset, earliest, end: BigInt(high) });
      }
    }
    return found;
  }
}
