import { type Kafka } from 'kafkajs';
import { TASK_DEAD_LETTERS_TOPIC } from '#libs/contracts';
import { type FoundLetter, type Letter, type LetterCopies } from '#libs/dead-letters';
import { endOffsets, type PartitionOffsets, PartitionReader, type ReadTopic } from '#libs/messaging';
import { type Patience, type RawRecord, StoreOutage, waitOutOutages } from '#libs/processing';

/** What is held in memory at once at most; a larger letter alone. */
const CHUNK = { letters: 200, bytes: 16 * 1024 * 1024 };
/** Letters this far apart are read in one go, with what is between them: a jump costs a fetch. */
const GAP = 500n;

/** Copies of dead letters, read from Kafka where they are. */
export class KafkaLetterCopies implements LetterCopies {
  /** @param reader one that is open already, to begin with: to join a group of its own costs seconds. */
  constructor(
    private readonly kafka: Kafka,
    private readonly topicPrefix: string,
    private reader: PartitionReader | null = null,
  ) {}

  async inTurn<L extends Letter>(
    letters: readonly L[],
    patience: Patience,
    take: (found: FoundLetter<L>[]) => Promise<boolean>,
  ): Promise<void> {
    const left = [...letters];
    await waitOutOutages(() => this.#takeAll(left, take), patience);
  }

  /** Takes what is taken off `left`. @throws StoreOutage when the topic cannot be read; what `take` throws as it is. */
  async #takeAll<L extends Letter>(
    left: L[],
    take: (found: FoundLetter<L>[]) => Promise<boolean>,
  ): Promise<void> {
    if (left.length === 0) return;
    let [taking, stopped] = [false, false];
    const topic = { name: TASK_DEAD_LETTERS_TOPIC, topicPrefix: this.topicPrefix };
    try {
      const ranges = await endOffsets(this.kafka, topic.topicPrefix, topic.name);
      await this.#withReader(topic, async (reader) => {
        while (left.length > 0 && !stopped) {
          const letters = firstChunk(left);
          const copies = await copiesOf(letters, reader, ranges);
          taking = true;
          stopped = !(await take(
            letters.map((letter) => ({ letter, copy: copies.get(keyOf(letter)) ?? null })),
          ));
          taking = false;
          left.splice(0, letters.length);
        }
      });
    } catch (error) {
      if (taking) throw error;
      // Everything was taken; that the connection did not end as it should is nobody's concern.
      if (left.length === 0 || stopped) return;
      this.reader = null;
      throw new StoreOutage('the dead letters cannot be read', { cause: error });
    }
  }

  #withReader(topic: ReadTopic, work: (reader: PartitionReader) => Promise<void>): Promise<void> {
    return this.reader ? work(this.reader) : PartitionReader.with(this.kafka, topic, work);
  }
}

function firstChunk<L extends Letter>(letters: readonly L[]): L[] {
  let bytes = 0;
  const end = letters.findIndex(
    ({ size }, i) => i === CHUNK.letters || (i > 0 && (bytes += size) > CHUNK.bytes),
  );
  return letters.slice(0, end < 0 ? letters.length : end);
}

async function copiesOf(
  letters: readonly Letter[],
  reader: PartitionReader,
  ranges: readonly PartitionOffsets[],
): Promise<Map<string, RawRecord>> {
  const wanted = new Set(letters.map(keyOf));
  const copies = new Map<string, RawRecord>();
  for (const { partition, earliest } of ranges) {
    const offsets = letters
      .filter(({ copy }) => copy.partition === partition)
      .map(({ copy }) => BigInt(copy.offset))
      .filter((offset) => offset >= earliest);
    for (const [from, to] of runsOf(offsets)) {
      for await (const records of reader.read(partition, from, to)) {
        for (const record of records) {
          const key = `${record.partition}@${record.offset}`;
          if (wanted.has(key)) copies.set(key, record);
        }
      }
    }
  }
  return copies;
}

/** Offsets as ranges, each with its end, that leave the wide gaps out. */
export function runsOf(offsets: readonly bigint[]): [from: bigint, to: bigint][] {
  const runs: [bigint, bigint][] = [];
  for (const offset of [...offsets].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = runs.at(-1);
    if (last && offset - last[1] < GAP) last[1] = offset + 1n;
    else runs.push([offset, offset + 1n]);
  }
  return runs;
}

const keyOf = ({ copy }: Letter): string => `${copy.partition}@${copy.offset}`;
