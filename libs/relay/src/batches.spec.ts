import { batchesOf, sizeOf } from './batches';
import { type LogEntry } from './log';

function entry(position: number, bytes: number): LogEntry {
  return { position, key: 'k', headers: { position: String(position) }, value: 'x'.repeat(bytes) };
}

describe('batches', () => {
  it('keep the order, leave nothing out and stay within the limit', () => {
    const entries = Array.from({ length: 50 }, (_, i) => entry(i + 1, (i * 37) % 900));

    const batches = [...batchesOf(entries, 2_000)];

    expect(batches.flat()).toEqual(entries);
    for (const batch of batches)
      expect(batch.reduce((sum, each) => sum + sizeOf(each), 0)).toBeLessThanOrEqual(2_000);
  });

  it('given an entry over the limit, sends it alone', () => {
    const entries = [entry(1, 10), entry(2, 5_000), entry(3, 10)];

    expect([...batchesOf(entries, 1_000)].map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  it('given nothing, are none', () => {
    expect([...batchesOf([], 1_000)]).toEqual([]);
  });

  it('count bytes, not characters', () => {
    expect(sizeOf({ ...entry(1, 0), value: '€' }) - sizeOf(entry(1, 0))).toBe(3);
  });
});
