import { type RawRecord } from '#libs/processing';
import { aCopy, theRecord } from './letter.fixture';
import {
  type LetterFilter,
  type LetterKnowledge,
  letterOf,
  type LetterPlace,
  type LetterRanges,
  pageOfLetters,
} from './index';

/** A partition a list of copies, each beginning at offset 0. */
function ranges(...partitions: (readonly RawRecord[])[]): LetterRanges & { read: number } {
  const placed = partitions.map((copies, partition) =>
    copies.map((copy, offset) => ({ ...copy, partition, offset: String(offset) })),
  );
  const topic = {
    read: 0,
    ranges: placed.map(({ length }, partition) => ({ partition, earliest: 0n, end: BigInt(length) })),
    async *readRange(partition: number, from: bigint, to: bigint) {
      topic.read += Number(to - from);
      yield await Promise.resolve(placed[partition]!.slice(Number(from), Number(to)));
    },
  };
  return topic;
}

const NOTHING_KNOWN: LetterKnowledge = {
  resolutionsOf: () => Promise.resolve([]),
  failuresOf: () => Promise.resolve([]),
};
const failedOnce = (copy: RawRecord): LetterKnowledge => {
  const { id, fingerprint } = letterOf(copy)!;
  return { ...NOTHING_KNOWN, failuresOf: () => Promise.resolve([{ ...id, fingerprint, attempt: 1 }]) };
};

interface Bounds {
  limit?: number;
  records?: bigint;
  known?: LetterKnowledge;
  filter?: LetterFilter;
}

const page = (topic: LetterRanges, bounds: Bounds, after: LetterPlace | null) =>
  pageOfLetters(topic, bounds.known ?? NOTHING_KNOWN, bounds.filter ?? {}, {
    after,
    limit: bounds.limit ?? 50,
    records: bounds.records ?? 10_000n,
    goesOn: () => true,
  });

/** The offsets and attempts of each page, until there is none behind it. */
async function pages(topic: LetterRanges, bounds: Bounds = {}): Promise<string[][]> {
  const all: string[][] = [];
  for (let after: LetterPlace | null = null; ;) {
    const { letters, next } = await page(topic, bounds, after);
    all.push(letters.map(({ id, attempt, state }) => `${id.offset} ${attempt} ${state}`));
    if (!next) return all;
    after = next;
  }
}

describe('a page of dead letters', () => {
  it('has the last one that failed first, partition by partition, and goes on where the page before ended', async () => {
    const topic = ranges(
      [1, 2, 3].map((n) => aCopy(theRecord(n))),
      [aCopy(theRecord(4)), aCopy(theRecord(5))],
    );
    expect(await pages(topic, { limit: 2 })).toEqual([
      ['3 1 open', '2 1 open'],
      ['1 1 open', '5 1 open'],
      ['4 1 open'],
    ]);
  });

  it('has each letter as it failed last, also where its older copy would be on another page', async () => {
    const first = aCopy(theRecord(1));
    const topic = ranges([first, aCopy(theRecord(2)), aCopy(theRecord(1), { attempt: 2, code: 'other' })]);
    const known = failedOnce(first);
    expect(await pages(topic, { limit: 1, known })).toEqual([['1 2 open'], ['2 1 open'], []]);
    // What it failed with first is not what it fails with.
    expect(await pages(topic, { known, filter: { code: 'flow_unreadable' } })).toEqual([['2 1 open']]);
  });

  it('given two copies on one page and nothing known of them, then the newer one is the letter', async () => {
    const topic = ranges([aCopy(theRecord(1)), aCopy(theRecord(1), { attempt: 3 })]);
    expect(await pages(topic)).toEqual([['1 3 quarantined']]);
    expect(await pages(topic, { filter: { states: ['open'] } })).toEqual([[]]);
  });

  it('reads no more than it may, and then ends with a place to go on from', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) =>
      aCopy(theRecord(n), { code: n === 7 ? 'rare' : 'c' }),
    );
    const topic = ranges(many);
    const bounds = { records: 1_500n, filter: { code: 'rare' } };
    const first = await page(topic, bounds, null);
    expect(first).toEqual({ letters: [], next: { partition: 0, before: 1_000n } });
    expect(topic.read).toBe(1_500);
    expect((await page(topic, bounds, first.next)).letters.map(({ id }) => id.offset)).toEqual(['7']);
  });
});
