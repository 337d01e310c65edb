import fc from 'fast-check';
import { aRecord, anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import {
  type DeadLetter,
  DeadLetterRefused,
  type InboundEvent,
  Interrupted,
  KeyedQueue,
  type Outcome,
  processBatch,
  type ProcessingPorts,
  type RawRecord,
  StoreConflict,
  StoreOutage,
  StoreRefusal,
  TenantDirectory,
} from './index';

const RUNNING = { isRunning: () => true };

/** A world in which record `i` of a batch is `events[i]`, or a record intake could not read, or one of an unknown type. */
function world(inputs: (InboundEvent | 'broken' | 'unknown')[]) {
  const store = new MemoryShardStore();
  const letters: DeadLetter[] = [];
  const records: RawRecord[] = inputs.map((_, offset) => aRecord(offset, String(offset)));
  const ports: ProcessingPorts = {
    intake: {
      read: ({ offset }) => {
        const input = inputs[Number(offset)]!;
        if (input === 'broken')
          return { kind: 'dead_letter', stage: 'decode', code: 'not_json', message: 'no' };
        return input === 'unknown' ? { kind: 'skipped', type: 'x.v1' } : { kind: 'event', event: input };
      },
    },
    store,
    deadLetters: { publish: async (more) => void letters.push(...more) },
    directory: new TenantDirectory(),
    queue: new KeyedQueue(),
    now: () => '2026-11-01T00:00:00.000Z',
    shardOf: (conversationId) => Number(conversationId.at(-1)) % 4,
  };
  return { store, letters, records, ports, run: () => processBatch(records, ports, RUNNING) };
}

const kinds = (outcomes: Outcome[]) => outcomes.map(({ kind }) => kind);
const create = (id: string, conversationId = 'conv-1', title = id) =>
  anEvent(createCommand({ title }), { id, conversationId });
const poisonous = (title: string) => (changes: { tasks: { task: { title: string } }[] }) =>
  changes.tasks.some(({ task }) => task.title === title) ? new StoreRefusal('value out of range') : null;

describe('processing a batch', () => {
  it('ends every record in one outcome, in order', async () => {
    const { run, letters } = world([
      create('a'),
      'broken',
      'unknown',
      create('a'),
      anEvent({ type: 'task.claim.v1', data: { taskId: 'x', actor: { kind: 'agent', id: 'eli' } } }),
    ]);
    expect(kinds(await run())).toEqual(['applied', 'dead_letter', 'skipped', 'duplicate', 'rejected']);
    expect(letters.map(({ record, code }) => [record.offset, code])).toEqual([['1', 'not_json']]);
  });

  it('uses one transaction for all events of a shard, and one position for the batch', async () => {
    const { run, store } = world([
      create('a', 'c-1'),
      create('b', 'c-2'),
      create('c', 'c-1'),
      create('d', 'c-2'),
    ]);
    await run();
    expect(store.transactions).toBe(2);
    expect([...store.state.positions.values()]).toEqual([
      expect.objectContaining({ nextOffset: '4', partition: 0 }),
    ]);
  });

  it('gives a shard’s activities positions 1, 2, 3 … in log order', async () => {
    const { run, store } = world([create('a'), create('b'), create('c')]);
    await run();
    expect(store.state.activities.map(({ position, task }) => [position, task.title])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });
});

describe('an event counts once', () => {
  it('when the whole batch arrives again', async () => {
    const { run, store } = world([create('a'), create('b')]);
    await run();
    const before = structuredClone(store.state);
    expect(kinds(await run())).toEqual(['duplicate', 'duplicate']);
    expect(store.state).toEqual(before);
  });

  it('when another payload comes under a known identity, and says so', async () => {
    const { run } = world([create('a'), create('a', 'conv-1', 'another title')]);
    expect(await run()).toEqual([
      expect.objectContaining({ kind: 'applied' }),
      { kind: 'duplicate', samePayload: false },
    ]);
  });

  it('when another shard applied it meanwhile: the unique key is taken, it reads and decides again', async () => {
    const { run, store } = world([create('a')]);
    store.faults.push({ at: 'write', error: new StoreConflict('taken') });
    expect(kinds(await run())).toEqual(['applied']);
    expect(store.state.activities).toHaveLength(1);
  });

  it('when the commit succeeded but its answer was lost', async () => {
    const { run, store } = world([create('a')]);
    store.faults.push({ at: 'committed', error: new StoreOutage('connection lost') });
    expect(kinds(await run())).toEqual(['duplicate']);
    expect(store.state.activities).toHaveLength(1);
  });

  it('and a rejection stands, though the world changed', async () => {
    const taskId = 'aaaaaaaa-0000-4000-8000-000000000001';
    const first = anEvent(createCommand({ taskId }), { id: 'first' });
    const second = anEvent(createCommand({ taskId }), { id: 'second' });
    const { run, store } = world([first, second]);
    expect(await run()).toEqual([
      expect.objectContaining({ kind: 'applied' }),
      { kind: 'rejected', code: 'task_exists' },
    ]);
    store.state.tasks.clear();
    expect(kinds(await run())).toEqual(['duplicate', 'duplicate']);
  });
});

describe('a transaction that fails for a message’s sake', () => {
  it('dead-letters that message alone, whatever its place, and applies the others in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.nat(), async (size, at) => {
        const bad = at % size;
        const { run, store, letters } = world([...Array(size).keys()].map((i) => create(`e${i}`)));
        store.poison = poisonous(`e${bad}`);
        const outcomes = await run();
        expect(letters.map(({ record, stage }) => [record.offset, stage])).toEqual([[String(bad), 'apply']]);
        expect(outcomes[bad]).toMatchObject({
          kind: 'dead_letter',
          letter: { message: 'value out of range' },
        });
        expect(store.state.activities.map(({ task }) => task.title)).toEqual(
          [...Array(size).keys()].filter((i) => i !== bad).map((i) => `e${i}`),
        );
        expect(store.state.activities.map(({ position }) => position)).toEqual(
          [...Array(size - 1).keys()].map((i) => i + 1),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('says where it failed, and not with what: an error may quote the text it was given', async () => {
    const { run, store, letters } = world([create('bad')]);
    store.poison = () => {
      try {
        return JSON.parse('Anna\n    at home') as never;
      } catch (error) {
        return error as Error;
      }
    };
    await run();
    const [{ message }] = letters as [DeadLetter];
    expect(message).toMatch(/^applying failed with SyntaxError at .*, which is a fault of this program$/);
    expect(message).not.toMatch(/Anna|home/);
  });

  it('leaves nothing of a dead-lettered event behind', async () => {
    const { run, store } = world([create('bad', 'conv-7')]);
    store.poison = poisonous('bad');
    await run();
    expect(store.state.applied.size + store.state.conversations.size + store.state.tasks.size).toBe(0);
  });

  it('stores the position only after the dead letter is safe', async () => {
    const { store, records, ports, letters } = world([create('a'), create('bad'), create('b')]);
    store.poison = poisonous('bad');
    let positionsBefore = -1;
    ports.deadLetters = {
      publish: async (more) => {
        positionsBefore = store.state.positions.size;
        letters.push(...more);
      },
    };
    await processBatch(records, ports, RUNNING);
    expect([positionsBefore, store.state.positions.size, letters.length]).toEqual([0, 1, 1]);
  });

  it('ends, and moves no position, when the broker will never take the dead letter', async () => {
    const { run, store, ports, records } = world([create('a'), 'broken']);
    const refused = new DeadLetterRefused('task-dead-letters', records[1]!, 'MESSAGE_TOO_LARGE', null);
    ports.deadLetters = { publish: () => Promise.reject(refused) };
    await expect(run()).rejects.toBe(refused);
    expect(store.state.positions.size).toBe(0);
  });

  it('stores the position only after the dead letter is safe, also of a record nobody could read', async () => {
    const { store, records, ports } = world(['broken', create('a'), 'broken']);
    const before: number[] = [];
    ports.deadLetters = { publish: async () => void before.push(store.state.positions.size) };
    await processBatch(records, ports, RUNNING);
    expect([before, store.state.positions.size, store.state.tasks.size]).toEqual([[0], 1, 1]);
  });
});

describe('an outage', () => {
  it('of the database is waited out: nothing is counted, nothing dead-lettered', async () => {
    const { run, store, letters } = world([create('a')]);
    store.faults.push(
      { at: 'begin', error: new StoreOutage('down') },
      { at: 'write', error: new StoreOutage('down') },
    );
    expect(kinds(await run())).toEqual(['applied']);
    expect([letters.length, store.state.activities.length, store.transactions]).toEqual([0, 1, 3]);
  });

  it('of the broker is waited out before the position moves', async () => {
    const { store, records, ports } = world(['broken']);
    let tries = 0;
    ports.deadLetters = {
      publish: async () => {
        tries += 1;
        expect(store.state.positions.size).toBe(0);
        if (tries < 3) throw new Error('broker down');
      },
    };
    await processBatch(records, ports, RUNNING);
    expect([tries, store.state.positions.size]).toEqual([3, 1]);
  });

  it('is given up when the heartbeat says that the partition is lost: the message in hand is not at fault', async () => {
    const { store, records, ports, letters } = world([create('a')]);
    store.faults.push({ at: 'begin', error: new StoreOutage('down') });
    const heartbeat = () => Promise.reject(new Error('The group is rebalancing, so a rejoin is needed'));
    await expect(processBatch(records, ports, { ...RUNNING, heartbeat })).rejects.toThrow(Interrupted);
    expect([letters.length, store.state.positions.size]).toEqual([0, 0]);
  });

  it('is given up when the partition is taken away, and nothing moves', async () => {
    const { store, records, ports } = world([create('a')]);
    store.faults.push(
      ...Array.from({ length: 9 }, () => ({ at: 'begin' as const, error: new StoreOutage('down') })),
    );
    let running = true;
    const patience = { isRunning: () => running, onWait: () => void (running = false) };
    await expect(processBatch(records, ports, patience)).rejects.toThrow(Interrupted);
    expect(store.state.positions.size).toBe(0);
  });
});

describe('a transaction that is too slow for the database’s limits', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is halved until it passes, since tried again as it is it would end so for ever', async () => {
    let now = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    const { run, store, letters } = world([...Array(8).keys()].map((i) => create(`e${i}`)));
    store.poison = (changes) => {
      now += 3_000 * changes.tasks.length;
      return changes.tasks.length > 2 ? new StoreOutage('Connection terminated') : null;
    };
    expect(kinds(await run())).toEqual(Array(8).fill('applied'));
    expect(letters).toEqual([]);
    expect(store.state.activities.map(({ task }) => task.title)).toEqual(
      [...Array(8).keys()].map((i) => `e${i}`),
    );
  });
});
