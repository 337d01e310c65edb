import { Registry } from 'prom-client';
import { InputLag } from './input.lag';
import { createInstruments } from './metric.instruments';

const CALL = 'conversation-events.call';
const NOW = 1_770_000_000_000;

/** A worker with the calls' partitions 0 and 1, and a clock that stands still until it is set. */
function world() {
  const clock = { now: NOW };
  const instruments = createInstruments(new Registry());
  const lag = new InputLag(instruments, () => clock.now);
  lag.assign([CALL], { [CALL]: [0, 1] });
  const read = async () => {
    const valuesOf = async (gauge: (typeof instruments)['inputLagRecords']) =>
      Object.fromEntries((await gauge.get()).values.map(({ labels, value }) => [labels.partition, value]));
    return {
      records: await valuesOf(instruments.inputLagRecords),
      seconds: await valuesOf(instruments.inputLagSeconds),
    };
  };
  return { lag, clock, read, instruments };
}

const record = (offset: number, ageSeconds: number) => ({
  offset: String(offset),
  timestamp: String(NOW - ageSeconds * 1_000),
});

describe('the lag of the input', () => {
  it('falls with every chunk of a batch, in records and in time', async () => {
    const { lag, read } = world();
    lag.fetched(CALL, 0, record(10, 60), '30');
    expect(await read()).toEqual({ records: { 0: 20 }, seconds: { 0: 60 } });
    lag.applied(CALL, 0, 20n, record(19, 50), record(20, 40));
    expect(await read()).toEqual({ records: { 0: 10 }, seconds: { 0: 40 } });
    lag.applied(CALL, 0, 30n, record(29, 30));
    expect(await read()).toEqual({ records: { 0: 0 }, seconds: { 0: 0 } });
  });

  it('takes the age of a record that nobody has read from the one before it, when there was more behind that one', async () => {
    const { lag, read } = world();
    lag.fetched(CALL, 0, record(0, 60), '100');
    lag.applied(CALL, 0, 50n, record(49, 55));
    expect(await read()).toEqual({ records: { 0: 50 }, seconds: { 0: 55 } });
  });

  it('of a quiet partition begins when the broker first says that there is something, not with the last record of long ago', async () => {
    const { lag, clock, read } = world();
    lag.fetched(CALL, 0, record(0, 86_400), '1');
    lag.applied(CALL, 0, 1n, record(0, 86_400));
    lag.saw([{ topic: CALL, partition: 0, next: 1n, end: 3n }]);
    expect(await read()).toEqual({ records: { 0: 2 }, seconds: { 0: 0 } });
    clock.now += 30_000;
    lag.saw([{ topic: CALL, partition: 0, next: 1n, end: 4n }]);
    expect(await read()).toEqual({ records: { 0: 3 }, seconds: { 0: 30 } });
  });

  it('grows while no batch comes, since the broker is asked', async () => {
    const { lag, clock, read } = world();
    lag.fetched(CALL, 0, record(0, 5), '10');
    clock.now += 100_000;
    lag.saw([{ topic: CALL, partition: 0, next: 0n, end: 1_000n }]);
    expect(await read()).toEqual({ records: { 0: 1_000 }, seconds: { 0: 105 } });
  });

  it('does not go back when the group’s offset is older than what was applied', async () => {
    const { lag, read } = world();
    lag.fetched(CALL, 0, record(0, 5), '10');
    lag.applied(CALL, 0, 10n, record(9, 1));
    lag.saw([{ topic: CALL, partition: 0, next: 3n, end: 10n }]);
    expect(await read()).toEqual({ records: { 0: 0 }, seconds: { 0: 0 } });
  });

  it('is told of this worker’s partitions alone', async () => {
    const { lag, read, instruments } = world();
    lag.saw([0, 1, 2].map((partition) => ({ topic: CALL, partition, next: 0n, end: 7n })));
    expect((await read()).records).toEqual({ 0: 7, 1: 7 });
    lag.assign([CALL], { [CALL]: [1] });
    expect((await read()).records).toEqual({});
    expect((await instruments.assignedPartitions.get()).values).toEqual([
      { labels: { topic: CALL }, value: 1 },
    ]);
  });

  it('is never negative, whatever time a producer writes', async () => {
    const { lag, read } = world();
    lag.fetched(CALL, 0, record(0, -3_600), '1');
    lag.fetched(CALL, 1, { offset: '0', timestamp: '-1' }, '1');
    expect((await read()).seconds).toEqual({ 0: 0, 1: 0 });
  });
});
