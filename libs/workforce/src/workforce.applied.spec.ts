import { type InputPosition } from '#libs/processing';
import { workforceApplied } from './workforce.applied';

const at = (nextOffset: string): InputPosition => ({
  topic: 'workforce',
  partition: 0,
  nextOffset,
  fingerprint: 'any',
});
const store = (...read: (InputPosition | null)[]) => ({
  load: () => Promise.resolve(read.length > 1 ? read.shift()! : read[0]!),
});

describe('what was said of people is applied', () => {
  test('at once, when workers have read it', async () => {
    expect(await workforceApplied(store(at('3')), 3n, 0)).toBe(true);
  });
  test('when workers have read it after a while', async () => {
    expect(await workforceApplied(store(null, at('2'), at('3')), 3n, 5_000)).toBe(true);
  });
  test('when nothing was ever said, and so nobody has a position', async () => {
    expect(await workforceApplied(store(null), 0n, 0)).toBe(true);
  });
  test('not, when workers have read less for as long as one waits, or nothing', async () => {
    expect(await workforceApplied(store(at('2')), 3n, 150)).toBe(false);
    expect(await workforceApplied(store(null), 1n, 0)).toBe(false);
  });
});
