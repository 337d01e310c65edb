import fc from 'fast-check';
import { anEvent, aRecord, createCommand, MemoryShardStore } from '#libs/testing';
import {
  type InboundEvent,
  type InputPosition,
  type IntakeResult,
  KeyedQueue,
  processBatch,
  type ProcessingPorts,
  type RawRecord,
  SharedTransactions,
  type ShardStore,
  type ShardTransaction,
  type ShardWork,
  StoreConflict,
  TenantDirectory,
} from './index';

/** Where a process can die, in the order in which a batch passes them. */
const STEPS = [
  'before a transaction',
  'before its commit',
  'after its commit',
  'before the dead letters',
  'after the dead letters',
  'before the position',
  'after the position',
  'before the offset commit',
  'after the offset commit',
] as const;
type Step = (typeof STEPS)[number];

/** A process dies when it passes this step for the `times`th time. */
interface Crash {
  step: Step;
  times: number;
}

type Input = InboundEvent | 'broken' | 'unknown';

const TOPIC = 'conversation-events.call';
const FLOW = {
  id: 'flow',
  name: 'Flow',
  on: { type: 'conversation.outcome.v1' },
  nodes: ['one', 'two'].map((id) => ({
    id,
    kind: 'create_task',
    when: `outcome.result != '${id}'`,
    task: { type: 'internal', title: `${id} {{ outcome.intent }}`, due: { in: 'PT1H' } },
  })),
};

/** What outlives every process: the database, the dead letters' topic, the group's offsets, and the input. */
class Deployment {
  readonly store = new MemoryShardStore();
  readonly letters = new Set<string>();
  readonly offsets = new Map<number, number>();

  constructor(readonly partitions: readonly (readonly Input[])[]) {
    this.store.flowsOf.set('acme', [{ id: 'flow', version: 1, definition: FLOW }]);
    this.store.poison = ({ tasks }) =>
      tasks.some(({ task }) => task.title === 'poison') ? new Error('value out of range') : null;
  }

  records(partition: number): RawRecord[] {
    return this.partitions[partition]!.map((_, offset) => aRecord(offset, `${offset}`, { partition }));
  }

  read({ partition, offset, topic }: RawRecord): IntakeResult {
    const input = this.partitions[partition]![Number(offset)]!;
    if (input === 'broken') return { kind: 'dead_letter', stage: 'decode', code: 'not_json', message: 'no' };
    if (input === 'unknown') return { kind: 'skipped', type: 'x.v1' };
    return { kind: 'event', event: { ...input, origin: { topic, partition, offset } } };
  }

  /** The lower of what is stored and what the group committed (invariant 9); without the former, the beginning. */
  startOf(partition: number): number {
    const stored = this.store.state.positions.get(`${TOPIC}/${partition}`);
    if (!stored) return 0;
    return Math.min(Number(stored.nextOffset), this.offsets.get(partition) ?? Number(stored.nextOffset));
  }
}

/** Never resolves: what a dead process was waiting for. */
const forever = (): Promise<never> => new Promise(() => undefined);

/** One process: reads partitions side by side, all unless told otherwise, until it is through, or dead. */
class Process {
  #dead = false;
  #passed = 0;
  #die: () => void = () => undefined;
  readonly #died = new Promise<'died'>((resolve) => (this.#die = () => resolve('died')));

  constructor(
    private readonly deployment: Deployment,
    private readonly way: {
      crash: Crash | null;
      /** Sizes of its batches, in turn. */
      cuts: readonly number[];
      /** Transactions that first lose a race for a unique key. */
      conflicts?: number;
      /** Lets others go first, at the scheduler's will. */
      breathe?: () => Promise<void>;
    },
  ) {}

  async run(partitions = [...this.deployment.partitions.keys()]): Promise<'died' | 'done'> {
    const ports = this.#ports();
    const all = partitions.map((partition) => this.#consume(partition, ports));
    return Promise.race([this.#died, Promise.all(all).then(() => 'done' as const)]);
  }

  async #consume(partition: number, ports: ProcessingPorts): Promise<void> {
    const records = this.deployment.records(partition);
    let next = this.deployment.startOf(partition);
    for (let batch = 0; next < records.length; batch += 1) {
      const size = this.way.cuts[batch % this.way.cuts.length]!;
      await processBatch(records.slice(next, next + size), ports, { isRunning: () => true });
      next = Math.min(next + size, records.length);
      await this.#pass('before the offset commit');
      this.deployment.offsets.set(partition, next);
      await this.#pass('after the offset commit');
    }
  }

  async #pass(step: Step): Promise<void> {
    const { crash, breathe } = this.way;
    await breathe?.();
    if (!this.#dead && crash?.step === step) {
      this.#passed += 1;
      if (this.#passed === crash.times) {
        this.#dead = true;
        this.#die();
      }
    }
    if (this.#dead) await forever();
  }

  #ports(): ProcessingPorts {
    const { deployment } = this;
    return {
      intake: { read: (record) => deployment.read(record) },
      store: this.#mortalStore(),
      deadLetters: {
        publish: async (letters) => {
          await this.#pass('before the dead letters');
          for (const { record, stage } of letters)
            deployment.letters.add(`${record.partition}/${record.offset} ${stage}`);
          await this.#pass('after the dead letters');
        },
      },
      directory: new TenantDirectory(),
      queue: new KeyedQueue(),
      now: () => '2026-11-01T00:00:00.000Z',
      shardOf: (conversationId) => Number(conversationId.at(-1)) % 2,
    };
  }

  /** The store as this process sees it: a transaction that is open when the process dies is rolled back. */
  #mortalStore(): ShardStore {
    const { store } = this.deployment;
    let conflicts = this.way.conflicts ?? 0;
    const mortal = {
      inShards: async (works: readonly ShardWork[]) => {
        await this.#pass('before a transaction');
        let rolledBack = false;
        const beforeCommit = async (): Promise<void> => {
          await Promise.race([this.#pass('before its commit'), this.#died]);
          if (this.#dead) {
            rolledBack = true;
            throw new Error('the connection ended');
          }
          if (conflicts-- > 0) throw new StoreConflict('taken meanwhile');
        };
        const done = works.map(({ shard, tenantIds, work }) => ({
          shard,
          tenantIds,
          work: async (tx: ShardTransaction) => {
            const result = await work(tx);
            await beforeCommit();
            return result;
          },
        }));
        const results = await store
          .inShards(done)
          .catch((error: unknown) => (rolledBack ? forever() : Promise.reject(error as Error)));
        await this.#pass('after its commit');
        return results;
      },
      storePosition: async (position: InputPosition) => {
        await this.#pass('before the position');
        await store.storePosition(position);
        await this.#pass('after the position');
      },
    };
    return new SharedTransactions(mortal, { rest: 0 });
  }
}

const at = (minute: number): string => `2026-03-02T10:${String(minute).padStart(2, '0')}:00.000Z`;
const conversation = (n: number): string => `conv-${n % 3}`;

/** Events that mean the same in whatever order different ones come; `n` is their identity. */
const ORDERLESS: ((n: number) => Input)[] = [
  () => 'broken',
  () => 'unknown',
  (n) => event(n, 'c', createCommand({ title: `create ${n}` })),
  (n) => event(n, 'a', createCommand({ title: 'nobody', assignee: { kind: 'agent', id: 'nobody' } })),
  (n) => event(n, 'p', createCommand({ title: 'poison' })),
  (n) => event(n, 'l', { type: 'task.claim.v1', data: { taskId: 'x', actor: { kind: 'agent', id: 'eli' } } }),
  (n) =>
    event(n, 'o', {
      type: 'conversation.outcome.v1',
      data: { flowId: 'f', intent: `intent ${n}`, result: ['one', 'two', 'three'][n % 3]! },
    }),
  (n) =>
    event(n, 's', { type: 'conversation.started.v1', data: { customer: { id: 'c', name: `Name ${n}` } } }),
  (n) => event(n, 'e', { type: 'conversation.ended.v1', data: { reason: `reason ${n}` } }),
  (n) =>
    event(n, 'm', {
      type: 'conversation.message.v1',
      data: { messageId: `m${n}`, from: { kind: 'customer', id: 'c' }, text: 'hello' },
    }),
];

/** Events of one conversation whose order decides what becomes of them. (Between shards there is none.) */
const ORDERED: ((n: number) => Input)[] = [
  (n) =>
    event(
      n,
      't',
      createCommand({ taskId: `aaaaaaaa-0000-4000-8000-00000000000${n % 3}`, title: `named ${n}` }),
    ),
  // The identity of another event, with another payload.
  (n) => event(n, 'c', createCommand({ title: `create ${n}, otherwise` })),
];

function event(n: number, kind: string, body: InboundEvent['body']): InboundEvent {
  return anEvent(body, { id: `${kind}${n}`, conversationId: conversation(n), time: at(n) });
}

/** Few identities, so that most come again. */
const inputs = (makers: ((n: number) => Input)[], maxLength: number): fc.Arbitrary<Input[]> =>
  fc.array(
    fc.tuple(fc.constantFrom(...makers), fc.nat(4)).map(([make, n]) => make(n)),
    { minLength: 1, maxLength },
  );
const crashes = fc.array(
  fc.record({ step: fc.constantFrom(...STEPS), times: fc.integer({ min: 1, max: 3 }) }),
  { maxLength: 6 },
);
const cuts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

/** Every partition in one batch, one after the other, and nothing goes wrong. */
async function faultFree(partitions: readonly (readonly Input[])[]): Promise<Deployment> {
  const deployment = new Deployment(partitions);
  const process = new Process(deployment, { crash: null, cuts: [1_000] });
  for (const partition of partitions.keys()) await process.run([partition]);
  return deployment;
}

const sorted = <T>(items: Iterable<T>): T[] =>
  [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/**
 * All that a deployment holds, but for the group's offsets: those may stay behind the positions when a process died between the two.
 */
function everything({ store, letters }: Deployment): object {
  const { activities, rejections, heads, positions, ...maps } = store.state;
  const tables = Object.entries(maps).map(([name, rows]) => [name, sorted(rows as Iterable<unknown>)]);
  return {
    ...Object.fromEntries(tables),
    logs: { activities: sorted(activities), rejections: sorted(rejections), heads: sorted(heads) },
    positions: sorted(positions),
    letters: sorted(letters),
  };
}

/** All of it that does not depend on which of two partitions was faster. */
function whatBecame({ store, letters }: Deployment): object {
  const { conversations, messages, outcomes, applied, tasks, activities, rejections, heads } = store.state;
  return {
    conversations: sorted(conversations),
    messages: sorted(messages),
    outcomes: sorted(outcomes),
    applied: sorted(applied),
    tasks: sorted(tasks),
    created: sorted(activities.map(({ taskId, sequence, changes }) => ({ taskId, sequence, changes }))),
    rejected: sorted(rejections.map(({ code, event: { id } }) => `${id} ${code}`)),
    heads: sorted(heads),
    letters: sorted(letters),
  };
}

/** Positions of each shard's activity log, in the order in which they were written. */
function positionsByShard({ store }: Deployment): Record<number, number[]> {
  const positions: Record<number, number[]> = {};
  for (const { shard, position } of store.state.activities) (positions[shard] ??= []).push(position);
  return positions;
}

function expectCountedOnce(deployment: Deployment): void {
  const { activities, rejections } = deployment.store.state;
  expect(new Set(activities.map(({ taskId }) => taskId)).size).toBe(activities.length);
  expect(new Set(rejections.map(({ event: { id } }) => id)).size).toBe(rejections.length);
  for (const positions of Object.values(positionsByShard(deployment)))
    expect(positions).toEqual(positions.map((_, i) => i + 1));
}

describe('processing, when processes die anywhere and what they read comes again', () => {
  it('leaves the very same behind as one fault-free run, whatever the batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        inputs([...ORDERLESS, ...ORDERED], 25),
        crashes,
        cuts,
        fc.nat(2),
        async (input, plan, sizes, conflicts) => {
          const deployment = new Deployment([input]);
          for (const crash of [...plan, null])
            await new Process(deployment, { crash, cuts: sizes, conflicts }).run();

          expectCountedOnce(deployment);
          expect(everything(deployment)).toEqual(everything(await faultFree([input])));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('and so do partitions side by side that share shards, and events that came to both', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(inputs(ORDERLESS, 10), { minLength: 2, maxLength: 3 }),
        crashes,
        cuts,
        fc.scheduler(),
        async (partitions, plan, sizes, scheduler) => {
          const deployment = new Deployment(partitions);
          const breathe = (): Promise<void> => scheduler.schedule(Promise.resolve());
          for (const crash of [...plan, null])
            await scheduler.waitFor(new Process(deployment, { crash, cuts: sizes, breathe }).run());

          expectCountedOnce(deployment);
          expect(whatBecame(deployment)).toEqual(whatBecame(await faultFree(partitions)));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('and so do two processes that both believe to have the partitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(inputs(ORDERLESS, 10), { minLength: 1, maxLength: 2 }),
        crashes,
        cuts,
        fc.scheduler(),
        async (partitions, plan, sizes, scheduler) => {
          const deployment = new Deployment(partitions);
          const breathe = (): Promise<void> => scheduler.schedule(Promise.resolve());
          const start = (crash: Crash | null): Promise<unknown> =>
            new Process(deployment, { crash, cuts: sizes, breathe }).run();
          for (const crash of plan) await scheduler.waitFor(Promise.all([start(crash), start(null)]));
          await scheduler.waitFor(start(null));

          expectCountedOnce(deployment);
          expect(whatBecame(deployment)).toEqual(whatBecame(await faultFree(partitions)));
        },
      ),
      { numRuns: 100 },
    );
  });
});
