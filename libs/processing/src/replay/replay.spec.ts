import fc from 'fast-check';
import { anEvent, aRecord, createCommand, MemoryShardStore } from '#libs/testing';
import {
  applyRecords,
  type InboundEvent,
  type IntakeResult,
  KeyedQueue,
  type RawRecord,
  type ReplayCountsJson,
  ReplayCounts,
  ReplayPlanning,
  replayRecords,
  type ReplaySample,
  TenantDirectory,
} from '../index';

type Input = InboundEvent | 'broken' | 'unknown';

const PATIENCE = { isRunning: () => true };
const FLOW = {
  id: 'flow',
  name: 'Flow',
  on: { type: 'conversation.outcome.v1' },
  nodes: ['one', 'two'].map((id) => ({
    id,
    kind: 'create_task',
    when: `outcome.result != '${id}'`,
    task: { type: 'internal', title: `${id} {{ conversation.customer.name }}`, due: { in: 'PT1H' } },
  })),
};

/** A deployment in memory, and the records of its input. */
class Deployment {
  readonly store = new MemoryShardStore();
  readonly records: RawRecord[];

  constructor(readonly inputs: readonly Input[]) {
    this.store.flowsOf.set('acme', [{ id: 'flow', version: 1, definition: FLOW }]);
    // A flow of another release: its tenant's outcomes cannot be applied.
    this.store.flowsOf.set('old', [{ id: 'flow', version: 1, definition: { id: 'flow' } }]);
    this.store.workforceOf.set('acme', [{ kind: 'team', id: 'bookings', body: {} }]);
    this.records = inputs.map((_, offset) => aRecord(offset, `${offset}`));
  }

  get ports() {
    return {
      intake: { read: (record: RawRecord) => this.read(record) },
      store: this.store,
      standing: this.store,
      directory: new TenantDirectory(),
      queue: new KeyedQueue<number>(),
      now: () => '2026-11-01T00:00:00.000Z',
      shardOf: (conversationId: string) => Number(conversationId.at(-1)) % 2,
    };
  }

  read({ topic, partition, offset }: RawRecord): IntakeResult {
    const input = this.inputs[Number(offset)]!;
    if (input === 'broken') return { kind: 'dead_letter', stage: 'decode', code: 'not_json', message: 'no' };
    if (input === 'unknown') return { kind: 'skipped', type: 'x.v1' };
    return { kind: 'event', event: { ...input, origin: { topic, partition, offset } } };
  }

  /** What a worker does that sees only some of the records. */
  async apply(saw: (index: number) => boolean): Promise<void> {
    await applyRecords(
      this.records.filter((_, i) => saw(i)),
      null,
      this.ports,
      PATIENCE,
    );
  }

  async plan(chunk: number): Promise<{ counts: ReplayCountsJson; samples: ReplaySample[] }> {
    const planning = new ReplayPlanning(this.ports, { samples: 5, showValues: true, isUnread: () => false });
    for (const records of chunksOf(this.records, chunk)) await planning.take(records, PATIENCE);
    return planning;
  }

  async run(chunk: number): Promise<ReplayCountsJson> {
    const counts = new ReplayCounts();
    for (const records of chunksOf(this.records, chunk))
      for (const replayed of await replayRecords(records, this.ports, PATIENCE)) counts.add(replayed, false);
    return counts.toJSON();
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

const at = (minute: number): string => `2026-03-02T10:${String(minute).padStart(2, '0')}:00.000Z`;
const TENANTS = ['acme', 'old', 'plain'];

function event(n: number, kind: string, body: InboundEvent['body']): InboundEvent {
  const tenantId = TENANTS[n % TENANTS.length]!;
  return anEvent(body, { tenantId, id: `${kind}${n}`, conversationId: `conv-${n % 4}`, time: at(n) });
}

const outcome = (n: number, result: string): InboundEvent =>
  event(n, 'o', {
    type: 'conversation.outcome.v1',
    data: { flowId: 'f', intent: `intent ${n}`, result, customer: { id: 'c', name: `Name ${n}` } },
  });
const message = (n: number, text: string): InboundEvent =>
  event(n, 'm', {
    type: 'conversation.message.v1',
    data: { messageId: `m${n}`, from: { kind: 'customer', id: 'c' }, text },
  });

/** Every kind of input; few identities, so that most come again, some with another payload. */
const MAKERS: ((n: number) => Input)[] = [
  () => 'broken',
  () => 'unknown',
  (n) => event(n, 'c', createCommand({ title: `create ${n}` })),
  (n) => event(n, 'c', createCommand({ title: `create ${n}, otherwise`, due: { in: 'PT2H' } })),
  (n) => event(n, 'a', createCommand({ title: 'nobody', assignee: { kind: 'agent', id: 'nobody' } })),
  (n) => event(n, 'a', createCommand({ title: 'still nobody', assignee: { kind: 'agent', id: 'nobody' } })),
  (n) =>
    event(n, 't', createCommand({ taskId: `aaaaaaaa-0000-4000-8000-00000000000${n % 3}`, title: `${n}` })),
  (n) => event(n, 'l', { type: 'task.claim.v1', data: { taskId: 'x', actor: { kind: 'agent', id: 'eli' } } }),
  (n) => outcome(n, 'three'),
  (n) => outcome(n, 'two'),
  (n) =>
    event(n, 's', { type: 'conversation.started.v1', data: { customer: { id: 'c', name: `Name ${n}` } } }),
  (n) => event(n, 'e', { type: 'conversation.ended.v1', data: { reason: `reason ${n}` } }),
  (n) => message(n, 'hello'),
  (n) => message(n, 'good-bye'),
];
const inputs = fc.array(
  fc.tuple(fc.constantFrom(...MAKERS), fc.nat(5)).map(([make, n]) => make(n)),
  { minLength: 1, maxLength: 30 },
);

/** All that a deployment holds; between shards there is no order. */
function everything({ store }: Deployment): object {
  const sorted = (rows: Iterable<unknown>): string[] => [...rows].map((row) => JSON.stringify(row)).sort();
  return Object.fromEntries(
    Object.entries(structuredClone(store.state)).map(([name, rows]) => [
      name,
      sorted(rows as Iterable<unknown>),
    ]),
  );
}

describe('a replay', () => {
  it('is planned as it is then run, changes nothing while it is planned, and leaves what applying all of it would', async () => {
    await fc.assert(
      fc.asyncProperty(
        inputs,
        fc.infiniteStream(fc.boolean()),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        async (input, saw, planned, ran) => {
          const seen = input.map(() => saw.next().value as boolean);
          const [deployment, other] = [new Deployment(input), new Deployment(input)];
          for (const each of [deployment, other]) await each.apply((i) => seen[i]!);

          const before = everything(deployment);
          const { counts } = await deployment.plan(planned);
          expect(everything(deployment)).toEqual(before);

          // Which fields differ from what was applied a moment ago, a plan cannot say: it has applied nothing.
          const { differsByField: _planned, ...foreseen } = counts;
          const { differsByField: _ran, ...became } = await deployment.run(ran);
          expect(became).toEqual(foreseen);
          for (const records of chunksOf(other.records, ran))
            await applyRecords(records, null, other.ports, PATIENCE);
          expect(everything(deployment)).toEqual(everything(other));

          const again = deployment.store.transactions;
          expect(await deployment.run(ran)).toMatchObject({ new: 0, tasks: 0, rejectedByCode: {} });
          // Nothing was missed: not one transaction that could write.
          expect(deployment.store.transactions).toBe(again);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('takes no lock and no transaction that writes when nothing was missed', async () => {
    const deployment = new Deployment([outcome(0, 'three'), message(0, 'hello'), 'broken']);
    await deployment.apply(() => true);
    const before = deployment.store.transactions;
    expect(await deployment.run(2)).toMatchObject({ new: 0, there: 2, deadLetters: 1 });
    expect(deployment.store.transactions).toBe(before);
  });

  it('is planned as if what comes further up in it had been applied', async () => {
    const taskId = 'aaaaaaaa-0000-4000-8000-000000000001';
    const missed = [
      event(0, 's', { type: 'conversation.started.v1', data: { customer: { id: 'c', name: 'Ann' } } }),
      message(0, 'hello'),
      outcome(0, 'three'),
      event(0, 't', createCommand({ taskId })),
      event(0, 'l', { type: 'task.claim.v1', data: { taskId, actor: { kind: 'agent', id: 'eli' } } }),
    ];
    const deployment = new Deployment([...missed, ...missed, event(0, 'u', createCommand({ taskId }))]);
    const { counts } = await deployment.plan(1);
    expect(counts).toMatchObject({
      new: missed.length + 1,
      there: missed.length,
      rejectedByCode: { not_allowed: 1, task_exists: 1 },
    });
  });

  it('names what was missed, with the tasks that would come of it', async () => {
    const deployment = new Deployment([outcome(0, 'three'), outcome(3, 'two'), message(0, 'hello')]);
    await deployment.apply((i) => i === 0);
    const { counts, samples } = await deployment.plan(10);
    expect(counts).toMatchObject({
      new: 2,
      newByType: { 'conversation.outcome.v1': 1, 'conversation.message.v1': 1 },
      tasks: 1,
      tasksByMaker: { 'flow flow/one': 1 },
      tasksByPriority: { medium: 1 },
      tasksByAssignee: { nobody: 1 },
      there: 1,
    });
    expect(samples).toMatchObject([
      {
        kind: 'new',
        at: 'conversation-events.call/0@1',
        event: { tenant: 'acme', source: '/test', id: 'o3', conversation: 'conv-3' },
        type: 'conversation.outcome.v1',
        tasks: [{ maker: 'flow flow/one', type: 'internal', priority: 'medium', assignee: 'nobody' }],
      },
      { kind: 'new', at: 'conversation-events.call/0@2', why: 'never applied; it brings a message' },
    ]);
  });

  it.each<[string, InboundEvent, InboundEvent, string[]]>([
    [
      'a creation',
      event(0, 'c', createCommand({ title: 'one', due: { in: 'PT1H' } })),
      event(0, 'c', createCommand({ title: 'two', due: { in: 'PT2H' }, priority: 'low' })),
      ['data.title', 'data.dueAt', 'data.priority'],
    ],
    [
      'a creation, in nothing that counts',
      event(0, 'c', createCommand({ due: { in: 'PT60M' } })),
      event(0, 'c', createCommand({ due: { in: 'PT1H' } })),
      [],
    ],
    [
      'a creation that was refused',
      event(0, 'c', createCommand({ assignee: { kind: 'agent', id: 'nobody' } })),
      event(0, 'c', createCommand({ assignee: { kind: 'agent', id: 'no one' } })),
      ['data.assignee.id'],
    ],
    ['a message', message(0, 'hello'), message(0, 'good-bye'), ['data.text']],
    ['a message, sent again', message(0, 'hello'), message(0, 'hello'), []],
  ])('says in what %s differs from what stands', async (_, stands, comes, fields) => {
    const deployment = new Deployment([stands, comes]);
    await deployment.apply((i) => i === 0);
    const { counts, samples } = await deployment.plan(10);
    expect(counts.new).toBe(0);
    expect((samples[0]?.values ?? []).map(({ field }) => field).sort()).toEqual(fields.sort());
    expect(Object.keys(counts.differsByField).sort()).toEqual(fields.sort());
  });

  it('shows no content unless that is asked for', async () => {
    const deployment = new Deployment([
      message(0, 'hello'),
      message(0, 'my secret'),
      outcome(0, 'three'),
      event(0, 'c', createCommand({ title: 'my secret' })),
      event(0, 'c', createCommand({ title: 'my other secret' })),
    ]);
    const planning = new ReplayPlanning(deployment.ports, {
      samples: 5,
      showValues: false,
      isUnread: () => true,
    });
    await planning.take(deployment.records, PATIENCE);
    expect(planning.samples.length).toBeGreaterThan(3);
    expect(JSON.stringify(planning.samples)).not.toMatch(/secret|Name 0/);
    expect(planning.counts).toMatchObject({ unread: 5, unreadNew: planning.counts.new });
  });

  it('stops planning when what is new no longer fits in memory, and never for what is there', async () => {
    const input = Array.from({ length: 50 }, (_, n) => message(n, 'hello'));
    const deployment = new Deployment(input);
    const planningOf = (): ReplayPlanning =>
      new ReplayPlanning(deployment.ports, {
        samples: 0,
        showValues: false,
        isUnread: () => false,
        mostBytes: 5_000,
      });
    const full = planningOf();
    await full.take(deployment.records, PATIENCE);
    expect(full.isFull).toBe(true);
    await deployment.apply(() => true);
    const fits = planningOf();
    await fits.take(deployment.records, PATIENCE);
    expect(fits.isFull).toBe(false);
  });
});

describe('the counts of a replay', () => {
  it('stay few, whatever is sent, and go on from where they were', () => {
    const counts = new ReplayCounts();
    const skipped = (type: string) =>
      counts.add({ record: aRecord(0, ''), event: null, type, verdict: { kind: 'skipped' } }, false);
    for (let n = 0; n < 500; n += 1) skipped(`type ${n}`);
    skipped('__proto__');
    const json = JSON.parse(JSON.stringify(counts)) as ReplayCountsJson;
    expect(json.skipped).toBe(501);
    expect(Object.keys(json.skippedByType)).toHaveLength(101);
    expect(new ReplayCounts(json).toJSON()).toEqual(json);
  });
});
