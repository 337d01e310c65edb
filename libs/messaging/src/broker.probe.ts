import { type Admin, type Kafka } from 'kafkajs';
import { type PartitionOffsets } from './topic.admin';

export interface BrokerProbeOptions {
  topicPrefix: string;
  groupIds: string[];
  /** Read by the groups: their ends are told. Without the prefix. */
  inputs: string[];
  /** Written to: their partitions must have leaders. Without the prefix. */
  outputs: string[];
}

/**
 * Asks the broker what a worker needs of it: leaders of every partition it reads or writes, and the groups' coordinators. On a
 * connection that it keeps as long as it is answered there.
 */
export class BrokerProbe {
  private admin: Admin | null = null;

  /** @param kafka a client that tries no call again: an answer that comes late is none. */
  constructor(
    private readonly kafka: Kafka,
    private readonly options: BrokerProbeOptions,
  ) {}

  /**
   * Offsets of the input topics, by topic without the prefix. The ends are those of what can be fetched: before the first open
   * transaction.
   *
   * @throws when something did not answer, saying what.
   */
  async ask(): Promise<Map<string, PartitionOffsets[]>> {
    this.admin ??= this.kafka.admin();
    try {
      await this.admin.connect();
      await this.askForLeaders(this.admin);
      await this.askForCoordinator(this.admin);
      return await this.askForEnds(this.admin);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { admin } = this;
    this.admin = null;
    await admin?.disconnect().catch(() => undefined);
  }

  private async askForLeaders(admin: Admin): Promise<void> {
    const { topicPrefix, inputs, outputs } = this.options;
    const { topics } = await admin.fetchTopicMetadata({
      topics: [...inputs, ...outputs].map((topic) => topicPrefix + topic),
    });
    for (const { name, partitions } of topics) {
      const headless = partitions.find(({ leader }) => leader < 0);
      if (headless) throw new Error(`partition ${headless.partitionId} of ${name} has no leader`);
    }
  }

  private async askForCoordinator(admin: Admin): Promise<void> {
    await admin.describeGroups(this.options.groupIds);
  }

  private async askForEnds(admin: Admin): Promise<Map<string, PartitionOffsets[]>> {
    const ends = new Map<string, PartitionOffsets[]>();
    for (const topic of this.options.inputs) {
      const offsets = await admin.fetchTopicOffsets(this.options.topicPrefix + topic);
      ends.set(
        topic,
        offsets.map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), end: BigInt(high) })),
      );
    }
    return ends;
  }
}
