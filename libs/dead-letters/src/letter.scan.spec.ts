import { type RawRecord } from '#libs/processing';
import { aCopy, aTopic, theRecord } from './letter.fixture';
import {
  type LetterFilter,
  letterOf,
  type LetterTopic,
  type Resolution,
  type ScanOptions,
  scanLetters,
  type StandingLetter,
} from './index';

const nothingKnown = { resolutionsOf: () => Promise.resolve([]) };
const known = (...resolutions: Resolution[]) => ({ resolutionsOf: () => Promise.resolve(resolutions) });
const resolved = (copy: RawRecord, as: Resolution['resolved']): Resolution => {
  const { id, fingerprint } = letterOf(copy)!;
  return { ...id, fingerprint, resolved: as };
};

async function scan(
  topic: LetterTopic,
  filter: LetterFilter = {},
  resolutions: Parameters<typeof scanLetters>[1] = nothingKnown,
  options: ScanOptions = {},
): Promise<StandingLetter[]> {
  const letters: StandingLetter[] = [];
  for await (const letter of scanLetters(topic, resolutions, filter, options)) letters.push(letter);
  return letters;
}
const standings = (letters: StandingLetter[]) =>
  letters.map(({ id, state, attempt }) => [id.offset, state, attempt]);

describe('scanning the dead letters', () => {
  it('gives each letter once, as it failed last; a record that was read again does not set it back', async () => {
    const topic = aTopic([
      aCopy(theRecord(1)),
      aCopy(theRecord(2)),
      aCopy(theRecord(1), { attempt: 2 }),
      aCopy(theRecord(2), { attempt: 2 }),
      aCopy(theRecord(2), { attempt: 3 }),
      aCopy(theRecord(1)),
      aCopy(theRecord(2)),
    ]);
    expect(standings(await scan(topic))).toEqual([
      ['1', 'open', 2],
      ['2', 'quarantined', 3],
    ]);
  });

  it('keeps one that needs nobody any more so, whatever copies come later', async () => {
    const [one, two] = [aCopy(theRecord(1)), aCopy(theRecord(2))];
    const topic = aTopic([one, two, aCopy(theRecord(1), { attempt: 3 }), aCopy(theRecord(2))]);
    const resolutions = known(resolved(one, 'redriven'), resolved(two, 'discarded'));
    expect(standings(await scan(topic, {}, resolutions))).toEqual([
      ['1', 'redriven', 3],
      ['2', 'discarded', 1],
    ]);
  });

  it('takes one that was discarded and then had an effect for redriven', async () => {
    const one = aCopy(theRecord(1));
    const resolutions = known(resolved(one, 'redriven'), resolved(one, 'discarded'));
    expect(standings(await scan(aTopic([one]), {}, resolutions))).toEqual([['1', 'redriven', 1]]);
  });

  it('takes another record at the same place, in a topic made anew, for another letter', async () => {
    const [before, after] = [aCopy(theRecord(1)), aCopy(theRecord(1, { value: Buffer.from('anew') }))];
    const letters = await scan(aTopic([before, after]), {}, known(resolved(before, 'redriven')));
    expect(standings(letters)).toEqual([
      ['1', 'redriven', 1],
      ['1', 'open', 1],
    ]);
  });

  it('holds no more letters at once than it may, and misses none for that', async () => {
    // The same bytes at each place: what is shared out must not hang on them alone.
    const copies = Array.from({ length: 60 }, (_, i) => aCopy(theRecord(i, { value: Buffer.from('same') })));
    const topic = aTopic(copies);
    const letters = await scan(topic, {}, nothingKnown, { atOnce: 10 });
    expect(topic.readings).toBe(6);
    expect(letters.map(({ id }) => Number(id.offset)).sort((a, b) => a - b)).toEqual([...Array(60).keys()]);
  });

  it('counts what is no dead letter once, and goes on', async () => {
    let foreign = 0;
    const topic = aTopic([theRecord(1), aCopy(theRecord(2)), aCopy(theRecord(3))]);
    const options = { atOnce: 1, onForeign: () => void (foreign += 1) };
    expect(await scan(topic, {}, nothingKnown, options)).toHaveLength(2);
    expect(foreign).toBe(1);
  });

  describe('by filter', () => {
    const event = (tenantid: string) =>
      Buffer.from(JSON.stringify({ specversion: '1.0', id: 'a', source: 's', type: 'x.v1', tenantid }));
    const topic = aTopic([
      aCopy(theRecord(1), { code: 'a', stage: 'decode', at: '2026-01-01T00:00:00.000Z' }),
      aCopy(theRecord(2, { partition: 4 }), { code: 'b', stage: 'flow', at: '2026-01-02T00:00:00.000Z' }),
      aCopy(theRecord(3, { topic: 'workforce', key: Buffer.from('acme/agent:dana') }), { code: 'b' }),
      aCopy(theRecord(4, { value: event('acme') }), { code: 'c', at: '2026-01-03T00:00:00.000Z' }),
      aCopy(theRecord(5), { code: 'a' }),
      aCopy(theRecord(5), { code: 'z', attempt: 2 }),
    ]);
    it.each<[string, LetterFilter, string[]]>([
      ['its code', { code: 'b' }, ['2', '3']],
      ['the code it failed with last', { code: 'a' }, ['1']],
      ['its stage', { stage: 'decode' }, ['1']],
      ['its topic', { topic: 'workforce' }, ['3']],
      ['its partition', { partition: 4 }, ['2']],
      ['its tenant, where it can be told', { tenant: 'acme' }, ['3', '4']],
      [
        'since when',
        {
          since: '2026-01-02T00:00:00.000Z',
          until: '2026-01-04T00:00:00.000Z',
          topic: 'conversation-events.call',
        },
        ['2', '4'],
      ],
      ['until when', { until: '2026-01-01T00:00:00.001Z', code: 'a' }, ['1']],
      ['its name', { ids: [{ topic: 'conversation-events.call', partition: 4, offset: '2' }] }, ['2']],
    ])('given %s, then it gives those alone', async (_, filter, offsets) => {
      const found = (await scan(topic, filter)).map(({ id }) => id.offset);
      expect(found.filter((offset) => offset !== '5' || offsets.includes('5'))).toEqual(offsets);
    });
  });
});
