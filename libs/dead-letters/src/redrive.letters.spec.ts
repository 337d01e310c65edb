import { createIntake, toStructured } from '#libs/intake';
import {
  type DeadLetter,
  type InputPosition,
  KeyedQueue,
  type ProcessingPorts,
  type RawRecord,
  StoreOutage,
  TenantDirectory,
  type WorkforceRecord,
} from '#libs/processing';
import { MemoryShardStore } from '#libs/testing';
import { aCopy, theRecord } from './letter.fixture';
import {
  discardLetters,
  type EditedRecord,
  type FoundLetter,
  type Letter,
  letterOf,
  type LetterResult,
  redriveLetters,
  rehearseRedrive,
} from './index';

const FLOW = {
  id: 'call-back',
  name: 'Call back',
  on: { type: 'conversation.outcome.v1', channels: ['call'] },
  nodes: [{ id: 'n', kind: 'create_task', when: 'true', task: { type: 'follow_up', title: 'Call back' } }],
};

function eventRecord(offset: number, type: string, data: unknown): RawRecord {
  const attributes = {
    id: `e-${offset}`,
    source: '/test',
    subject: 'conv-1',
    time: '2026-03-02T10:00:00Z',
    tenantid: 'acme',
  };
  return theRecord(offset, toStructured({ ...attributes, type, data }));
}
const outcome = (offset: number): RawRecord =>
  eventRecord(offset, 'conversation.outcome.v1', {
    channel: 'call',
    flowId: 'f',
    intent: 'i',
    result: 'r',
    slots: {},
  });
const create = (offset: number, data: Record<string, unknown> = {}): RawRecord =>
  eventRecord(offset, 'task.create.v1', {
    type: 'follow_up',
    priority: 'high',
    title: 'T',
    actor: { kind: 'agent', id: 'eli' },
    ...data,
  });

/** An operator's surroundings: what is stored, published and written down, and the moments at which something can happen. */
class Surroundings {
  readonly store = new MemoryShardStore();
  readonly published: DeadLetter[] = [];
  readonly results: (LetterResult & { operationId: string })[] = [];
  readonly operations: { kind: string; status: string; progress: unknown; reason: string | null }[] = [];
  readonly workforce: { records: readonly WorkforceRecord[]; position: InputPosition | null }[] = [];
  readonly said: string[] = [];
  running = true;
  paced = 0;
  /** Thrown by the next `record`s. */
  recordFaults: Error[] = [];
  deadLetters = {
    publish: async (letters: DeadLetter[]): Promise<void> => void this.published.push(...letters),
  };

  constructor(private readonly copies: RawRecord[]) {}

  get letters(): Letter[] {
    return this.copies.map((copy) => letterOf(copy)!);
  }

  get ports() {
    const processing: ProcessingPorts = {
      intake: createIntake(),
      store: this.store,
      deadLetters: this.deadLetters,
      directory: new TenantDirectory(),
      queue: new KeyedQueue(),
      shardOf: () => 0,
      now: () => '2026-03-03T00:00:00.000Z',
    };
    const newer = { apply: async () => 1, rehearse: async () => 1 };
    return { processing, workforce: { intake: createIntake(), ...newer } };
  }

  get dependencies() {
    return {
      ports: this.ports,
      deadLetters: this.deadLetters,
      copies: {
        inTurn: async <L extends Letter>(
          letters: readonly L[],
          _: unknown,
          take: (found: FoundLetter<L>[]) => Promise<boolean>,
        ): Promise<void> => {
          const found = letters.map((letter) => ({
            letter,
            copy: this.copies.find(({ offset }) => offset === letter.copy.offset) ?? null,
          }));
          await take(found);
        },
      },
      results: {
        record: async (operationId: string, results: readonly LetterResult[]): Promise<void> => {
          const fault = this.recordFaults.shift();
          if (fault) throw fault;
          this.results.push(...results.map((result) => ({ ...result, operationId })));
        },
      },
      operations: {
        begin: async ({
          kind,
          reason,
          progress,
        }: {
          kind: string;
          reason: string | null;
          progress: unknown;
        }) => {
          this.operations.push({ kind, reason, progress: structuredClone(progress), status: 'running' });
          return String(this.operations.length - 1);
        },
        report: async () => null,
        leave: async (id: string, status: string, progress: unknown) =>
          void Object.assign(this.operations[Number(id)]!, { status, progress: structuredClone(progress) }),
      },
      patience: { isRunning: () => this.running },
      pace: async () => void (this.paced += 1),
      onVerdict: (letter: Letter, { result }: { result: string }) =>
        void this.said.push(`${letter.id.offset} ${result}`),
      onDiscarded: () => undefined,
    };
  }

  redrive(edited: EditedRecord | null = null) {
    const start = { startedBy: 'ops:ada', reason: 'cured', parameters: {} };
    return redriveLetters(this.letters, edited, start, this.dependencies);
  }
}

describe('redriving dead letters', () => {
  it('applies each as what it was and from where it was, in turn, at the pace set, and writes down what came of it', async () => {
    const at = new Surroundings([aCopy(create(1)), aCopy(create(2, { taskId: undefined }))]);
    const end = await at.redrive();
    expect(end).toMatchObject({
      status: 'done',
      progress: { total: 2, done: 2, tasks: 2, results: { applied: 2 } },
    });
    expect(at.store.state.activities.map(({ cause }) => cause)).toMatchObject([
      { id: 'e-1', topic: 'conversation-events.call', partition: 0, offset: 1 },
      { id: 'e-2', offset: 2 },
    ]);
    expect(at.store.state.positions.size).toBe(0);
    expect(at.results).toMatchObject([
      { offset: '1', result: 'applied', attempt: 1, edited: null, operationId: '0' },
      { offset: '2', result: 'applied' },
    ]);
    expect(at.operations).toMatchObject([
      { kind: 'redrive', reason: 'cured', status: 'done', progress: { done: 2 } },
    ]);
    expect(at.paced).toBe(2);
    expect(at.published).toEqual([]);
  });

  it('publishes what fails again anew, its own record with one failure more, and goes on', async () => {
    const at = new Surroundings([aCopy(outcome(1), { attempt: 2 }), aCopy(create(2))]);
    at.store.flowsOf.set('acme', [{ id: 'call-back', version: 1, definition: {} }]);
    const { progress } = await at.redrive();
    expect(at.published).toMatchObject([{ code: 'flow_unreadable', stage: 'flow', attempt: 3 }]);
    expect(at.published[0]!.record).toMatchObject({ ...outcome(1), timestamp: expect.any(String) });
    expect(progress).toMatchObject({ results: { failed: 1, applied: 1 }, quarantined: 1 });
    expect(at.results).toMatchObject([{ result: 'failed', code: 'flow_unreadable' }, { result: 'applied' }]);
  });

  it('settles one that was applied before as a duplicate: after a crash before that was written down', async () => {
    const at = new Surroundings([aCopy(create(1))]);
    at.recordFaults.push(new Error('killed'));
    await expect(at.redrive()).rejects.toThrow('killed');
    expect(at.operations).toMatchObject([{ status: 'failed' }]);
    expect(at.store.state.tasks.size).toBe(1);
    expect(await at.redrive()).toMatchObject({ progress: { results: { duplicate: 1 } } });
    expect(at.store.state.tasks.size).toBe(1);
    expect(at.store.state.activities).toHaveLength(1);
    expect(at.results).toMatchObject([{ result: 'duplicate', operationId: '1' }]);
  });

  it('publishes a failure once more when it was killed before that was written down, with the same count of failures', async () => {
    const at = new Surroundings([aCopy(create(1, { title: 7 }))]);
    at.recordFaults.push(new Error('killed'));
    await expect(at.redrive()).rejects.toThrow('killed');
    await at.redrive();
    expect(at.published.map(({ attempt }) => attempt)).toEqual([2, 2]);
  });

  it('settles a command that the rules refuse: that is its answer', async () => {
    const at = new Surroundings([aCopy(create(1, { assignee: { kind: 'agent', id: 'nobody' } }))]);
    await at.redrive();
    expect(at.results).toMatchObject([{ result: 'rejected', code: 'unknown_assignee' }]);
    expect(at.published).toEqual([]);
  });

  it('waits out an outage of the store, of the audit and of the broker, and then goes on', async () => {
    const at = new Surroundings([aCopy(create(1)), aCopy(create(2, { title: 7 }))]);
    at.store.faults.push({ at: 'begin', error: new StoreOutage('away') });
    at.recordFaults.push(new StoreOutage('away'));
    const publish = at.deadLetters.publish;
    let failures = 1;
    at.deadLetters.publish = async (letters) => {
      if (failures-- > 0) throw new Error('no broker');
      await publish(letters);
    };
    const { progress } = await at.redrive();
    expect(progress.results).toEqual({ applied: 1, failed: 1 });
    expect(at.published).toHaveLength(1);
    expect(at.store.state.tasks.size).toBe(1);
  });

  it('stops between two letters when it is told to, and while it waits', async () => {
    const at = new Surroundings([aCopy(create(1)), aCopy(create(2))]);
    const { dependencies } = at;
    dependencies.onVerdict = () => void (at.running = false);
    const start = { startedBy: 'ops:ada', reason: null, parameters: {} };
    const end = await redriveLetters(at.letters, null, start, dependencies);
    expect(end).toMatchObject({ status: 'aborted', progress: { total: 2, done: 1 } });
    expect(at.store.state.tasks.size).toBe(1);

    at.store.faults.push({ at: 'begin', error: new StoreOutage('away') });
    const waiting = await redriveLetters(at.letters, null, start, {
      ...at.dependencies,
      patience: { isRunning: () => at.running, onWait: () => void (at.running = false) },
      pace: async () => void (at.running = true),
      operations: {
        ...at.dependencies.operations,
        begin: async (begun) => ((at.running = true), at.dependencies.operations.begin(begun)),
      },
    });
    expect(waiting.status).toBe('aborted');
    expect(at.operations.map(({ status }) => status)).toEqual(['aborted', 'aborted']);
  });

  it('passes over one that the topic has let go of', async () => {
    const at = new Surroundings([aCopy(create(1))]);
    const { letters, dependencies } = at;
    dependencies.copies.inTurn = async (all, _, take) =>
      void (await take(all.map((letter) => ({ letter, copy: null }))));
    const { progress } = await redriveLetters(
      letters,
      null,
      { startedBy: 'a', reason: null, parameters: {} },
      dependencies,
    );
    expect(progress.results).toEqual({ gone: 1 });
    expect(at.results).toEqual([]);
  });

  describe('edited', () => {
    it('applies what was edited in its place, and keeps of both no more than their hashes', async () => {
      const at = new Surroundings([aCopy(create(1, { title: 7 }))]);
      const { key, headers, value } = create(99, { title: 'mended' });
      await at.redrive({ key, headers, value });
      const [activity] = at.store.state.activities;
      expect(activity).toMatchObject({ task: { title: 'mended' }, cause: { id: 'e-99', offset: 1 } });
      const [result] = at.results;
      expect(result).toMatchObject({
        offset: '1',
        result: 'applied',
        edited: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(result!.edited).not.toBe(result!.fingerprint);
      expect(JSON.stringify([at.results, at.operations])).not.toContain('mended');
    });

    it('leaves the letter as it was when that fails: it is no failure of the record', async () => {
      const at = new Surroundings([aCopy(create(1, { title: 7 }))]);
      const { key, headers, value } = create(1, { title: 8 });
      const { progress } = await at.redrive({ key, headers, value });
      expect(at.published).toEqual([]);
      expect(progress).toMatchObject({ results: { failed: 1 }, quarantined: 0 });
      expect(at.results).toMatchObject([{ result: 'failed', code: 'invalid_data' }]);
    });
  });

  describe('of the workforce', () => {
    const agent = (): RawRecord => ({
      ...theRecord(7, {
        ...toStructured({
          id: 'a',
          source: '/hr',
          type: 'workforce.agent.v1',
          time: '2026-01-01T00:00:00Z',
          tenantid: 'acme',
          data: { id: 'dana', name: 'Dana', availability: 'available', roles: ['agent'], teams: [] },
        }),
        key: Buffer.from('acme/agent:dana'),
      }),
      topic: 'workforce',
    });

    it.each([
      ['nothing newer stands', 1, 'applied'],
      ['something newer stands', 0, 'outdated'],
    ])('given %s, then it is applied by its own offset and is %s', async (_, changed, result) => {
      const at = new Surroundings([aCopy(agent())]);
      const offsets: string[] = [];
      const apply = async (records: readonly WorkforceRecord[]) => (
        offsets.push(...records.map(({ record }) => record.offset)),
        changed
      );
      const dependencies = {
        ...at.dependencies,
        ports: { ...at.ports, workforce: { intake: createIntake(), apply, rehearse: apply } },
      };
      await redriveLetters(at.letters, null, { startedBy: 'a', reason: null, parameters: {} }, dependencies);
      expect(offsets).toEqual(['7']);
      expect(at.results).toMatchObject([{ result }]);
    });
  });
});

describe('a dry run of a redrive', () => {
  it('says what would become of each, in the light of those before it, and changes nothing', async () => {
    const at = new Surroundings([
      aCopy(create(1)),
      aCopy(create(1)),
      aCopy(create(2, { title: 7 })),
      aCopy(outcome(3)),
    ]);
    at.store.flowsOf.set('acme', [{ id: 'call-back', version: 1, definition: FLOW }]);
    const before = structuredClone(at.store.state);
    const progress = await rehearseRedrive(at.letters, null, at.dependencies);
    expect(at.said).toEqual(['1 applied', '1 duplicate', '2 failed', '3 applied']);
    expect(progress).toMatchObject({
      total: 4,
      done: 4,
      tasks: 2,
      results: { applied: 2, duplicate: 1, failed: 1 },
    });
    expect(at.store.state).toEqual(before);
    expect([at.published, at.results, at.operations]).toEqual([[], [], []]);
  });
});

describe('discarding dead letters', () => {
  it('writes down each with the operation that says who and why', async () => {
    const at = new Surroundings(Array.from({ length: 250 }, (_, i) => aCopy(create(i))));
    const start = { startedBy: 'ops:ada', reason: 'a probe', parameters: {} };
    expect(await discardLetters(at.letters, start, at.dependencies)).toMatchObject({
      status: 'done',
      discarded: 250,
    });
    expect(at.results).toHaveLength(250);
    expect(at.results[0]).toMatchObject({ result: 'discarded', operationId: '0' });
    expect(at.operations).toMatchObject([
      { kind: 'discard', status: 'done', reason: 'a probe', progress: { done: 250 } },
    ]);
  });
});
