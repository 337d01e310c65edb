import { fingerprintOf, type RawRecord } from '#libs/processing';
import { PartitionReading } from './partition.reading';
import { decideStart, InputPositionError } from './start-position';

const stored = (nextOffset: number) => ({
  topic: 'conversation-events.call',
  partition: 3,
  nextOffset: String(nextOffset),
  fingerprint: 'f'.repeat(32),
});

describe('decideStart', () => {
  // stored, group's, earliest and latest → fetched from, handed on from, record checked
  it.each([
    ['nothing stored, nothing committed', null, null, 0, 0, 0, 0, null],
    ['nothing stored, a topic that has lost its beginning', null, null, 40, 90, 40, 40, null],
    ['nothing stored: the group is not believed', null, 50, 0, 90, 0, 0, null],
    ['nothing stored, a group beyond the end', null, 500, 0, 90, 0, 0, null],
    ['both the same', 50, 50, 0, 90, 49, 50, 49],
    ['the group behind, as after a crash between the commits', 50, 45, 0, 90, 45, 45, 49],
    ['the group ahead, as after a restored database', 50, 80, 0, 90, 49, 50, 49],
    ['the group has committed nothing', 50, null, 0, 90, 49, 50, 49],
    ['everything read', 90, 90, 0, 90, 89, 90, 89],
    ['the group reset to the earliest', 50, 0, 0, 90, 0, 0, 49],
    ['the group reset to an offset that is gone by now', 50, 3, 20, 90, 20, 20, 49],
    ['the checked record has just been removed', 50, 50, 50, 90, 50, 50, null],
    ['all records removed, but all had been read', 90, 90, 90, 90, 90, 90, null],
    ['a stored position of nothing', 0, null, 0, 90, 0, 0, null],
  ])('given %s', (_, at, group, earliest, latest, readFrom, startAt, checked) => {
    const decision = decideStart(at === null ? null : stored(at), group === null ? null : BigInt(group), {
      earliest: BigInt(earliest),
      latest: BigInt(latest),
    });

    expect(decision).toEqual({
      ok: true,
      start: {
        readFrom: BigInt(readFrom),
        startAt: BigInt(startAt),
        check: checked === null ? null : { offset: BigInt(checked), fingerprint: 'f'.repeat(32) },
      },
    });
  });

  it.each([
    ['the end is before the stored position', 50, 50, 0, 20, 'at offset 50', 'ends at 20'],
    ['the same, with the group reset', 50, 0, 0, 20, 'at offset 50', 'ends at 20'],
    ['the same, and empty', 50, null, 0, 0, 'at offset 50', 'ends at 0'],
    ['unread records were removed', 50, 50, 60, 90, 'at offset 50', 'up to 10 records were removed unread'],
    ['the end is before the offset the group committed', 10, 50, 0, 20, 'committed offset 50', 'ends at 20'],
  ])('given %s, then it refuses', (_, at, group, earliest, latest, expected, found) => {
    const range = { earliest: BigInt(earliest), latest: BigInt(latest) };
    const decision = decideStart(stored(at), group === null ? null : BigInt(group), range);

    expect(decision).toEqual({
      ok: false,
      expected: expect.stringContaining(expected) as string,
      found: expect.stringContaining(found) as string,
    });
  });

  it('given a refusal, then the message names the partition and says what to do', () => {
    const { message } = new InputPositionError('conversation-events.call', 3, 'this', 'that');

    expect(message).toContain('conversation-events.call-3: expected this, but found that');
    expect(message).toContain('npm run cli -- reset --positions conversation-events.call');
  });
});

describe('PartitionReading', () => {
  const record = (offset: number, value = `v${offset}`): RawRecord => ({
    topic: 'workforce',
    partition: 0,
    offset: String(offset),
    key: null,
    value: Buffer.from(value),
    headers: {},
    timestamp: '0',
  });
  const at = (next: number) => ({ offset: BigInt(next - 1), fingerprint: fingerprintOf(record(next - 1)) });

  it('given the same record before the position, then that one is not handed on', () => {
    const reading = new PartitionReading({ readFrom: 4n, startAt: 5n, check: at(5) });

    expect(reading.admit([record(4), record(5), record(6)])).toEqual([record(5), record(6)]);
  });

  it('given another record before the position, then it refuses', () => {
    const reading = new PartitionReading({ readFrom: 4n, startAt: 5n, check: at(5) });

    expect(() => reading.admit([record(4, 'another'), record(5)])).toThrow(InputPositionError);
  });

  it('given the checked record alone, then a gap after it is still no jump: an aborted transaction may follow', () => {
    const reading = new PartitionReading({ readFrom: 4n, startAt: 5n, check: at(5) });

    expect(reading.admit([record(4)])).toEqual([]);
    reading.advanceTo(5n);
    expect(reading.continuesAt(900n)).toBe(true);
    expect(reading.admit([record(900)])).toEqual([record(900)]);
    reading.advanceTo(901n);
    expect(reading.continuesAt(950n)).toBe(false);
  });

  it('given a record compacted away, then nothing is checked', () => {
    const reading = new PartitionReading({ readFrom: 4n, startAt: 5n, check: at(5) });

    expect(reading.admit([record(7), record(9)])).toEqual([record(7), record(9)]);
  });

  it('given a start far before the position, then the record is checked when it passes, in a later batch too', () => {
    const same = new PartitionReading({ readFrom: 0n, startAt: 0n, check: at(5) });
    const other = new PartitionReading({ readFrom: 0n, startAt: 0n, check: at(5) });

    expect(same.admit([record(0), record(1)])).toHaveLength(2);
    expect(same.admit([record(2), record(4), record(5)])).toHaveLength(3);
    expect(other.admit([record(0), record(1)])).toHaveLength(2);
    expect(() => other.admit([record(3), record(4, 'another')])).toThrow(InputPositionError);
  });

  it('given what was admitted, then only the next offset continues it; a gap is right only after placing', () => {
    const reading = new PartitionReading({ readFrom: 5n, startAt: 5n, check: null });

    expect([4n, 5n, 8n].map((first) => reading.continuesAt(first))).toEqual([false, true, true]);
    reading.admit([record(8)]);
    reading.advanceTo(9n);
    expect([8n, 9n, 10n].map((first) => reading.continuesAt(first))).toEqual([false, true, false]);
  });
});
