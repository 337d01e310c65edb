import { CONVERSATION_TOPICS } from '#libs/contracts';
import { type GroupOffset, type GroupOffsetsReader, isBrokerOutage } from '#libs/messaging';
import { type InputPositionStore } from '#libs/persistence';
import { BrokerOutage, type InputEnds, type InputProgress } from '#libs/processing';

const TOPICS = Object.values(CONVERSATION_TOPICS);

/** How far the conversation topics are applied, whichever worker does it: by the positions stored with what was made of them. */
export class StoredInputProgress implements InputProgress {
  constructor(
    private readonly reader: GroupOffsetsReader,
    private readonly positions: InputPositionStore,
  ) {}

  async ends(): Promise<InputEnds> {
    const offsets = await this.#offsets();
    return new Map(
      offsets
        .filter(({ earliest, end }) => end > earliest)
        .map(({ topic, partition, end }) => [`${topic}/${partition}`, end]),
    );
  }

  async #offsets(): Promise<GroupOffset[]> {
    try {
      return await this.reader.read(TOPICS);
    } catch (error) {
      if (!isBrokerOutage(error)) throw error;
      throw new BrokerOutage(`the broker does not say where its partitions end`, { cause: error });
    }
  }

  async hasPassed(ends: InputEnds): Promise<boolean> {
    const stored = await this.positions.all();
    const next = new Map(stored.map((each) => [`${each.topic}/${each.partition}`, BigInt(each.nextOffset)]));
    return [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end);
  }
}
