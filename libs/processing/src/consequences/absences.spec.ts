import { anEvent, aRecord, createCommand, MemoryShardStore } from '#libs/testing';
import { applyEvents } from '../apply-events';
import { type InboundEvent } from '../inbound-event';
import { KeyedQueue } from '../keyed-queue';
import { type WorkforceEntry } from '../shard.store';
import { TenantDirectory } from '../tenant-directory';
import { type WorkforceRecord } from '../workforce-change';
import { applyConsequences } from './apply-consequences';

const TASK = '33333333-3333-4333-8333-333333333333';
const BOOKINGS = { kind: 'team', id: 'bookings', body: { id: 'bookings', name: 'Bookings' } } as const;
const RETURNING: WorkforceEntry = {
  ...BOOKINGS,
  body: { ...BOOKINGS.body, settings: { claims: { returnWhenGone: true } } },
};
const mia = (over: object = {}): WorkforceEntry => ({
  kind: 'agent',
  id: 'mia',
  body: { id: 'mia', name: 'Mia', availability: 'available', roles: ['agent'], teams: ['bookings'], ...over },
});

/** A shard whose tasks mia has in hand, and a workforce that changes. */
async function world(team: WorkforceEntry = BOOKINGS) {
  const store = new MemoryShardStore();
  const directory = new TenantDirectory();
  const ports = {
    store,
    directory,
    tasks: store,
    queue: new KeyedQueue<number>(),
    now: () => '2026-11-01T00:00:00.000Z',
  };
  let revision = 0;
  const become = (...workforce: WorkforceEntry[]): void => {
    // The memory's revision is how many entries there are.
    revision += 1;
    const fill = Array.from({ length: revision * 5 }, (_, i) => ({ ...BOOKINGS, id: `t${i}` }));
    store.workforceOf.set('acme', [...workforce, ...fill]);
  };
  const apply = (shard: number, ...events: InboundEvent[]) =>
    store.inShard(shard, [], (tx) => applyEvents(events, null, tx, { directory, now: ports.now }));
  become(mia(), team);
  const actor = { kind: 'agent' as const, id: 'mia' };
  await apply(
    4,
    anEvent(createCommand({ taskId: TASK, assignee: { kind: 'team', id: 'bookings' } })),
    anEvent({ type: 'task.start.v1', data: { taskId: TASK, actor } }),
  );
  const began = store.state.activities.length;
  const said = () => store.state.activities.slice(began);
  const tell = (body: Record<string, unknown> | null, offset = 8): Promise<number> => {
    const event = body && { source: '/hr', id: `e-${offset}`, time: '2026-03-03T09:00:00.000Z' };
    const record: WorkforceRecord = {
      change: { tenantId: 'acme', kind: 'agent', id: 'mia', body, event },
      record: aRecord(offset, null, { topic: 'workforce' }),
    };
    return applyConsequences([record], ports, { isRunning: () => true });
  };
  return { store, apply, become, tell, said, actor, team };
}

describe('a holder', () => {
  test.each<[string, WorkforceEntry | null, string]>([
    ['goes offline', mia({ availability: 'offline' }), "the holder 'mia' is offline"],
    ['leaves the team', mia({ teams: ['hotels'] }), "the holder 'mia' has left team 'bookings'"],
    ['is removed', null, "the holder 'mia' was removed"],
  ])('who %s keeps the claim, which is flagged once, because of that record', async (_, entry, reason) => {
    const at = await world();
    at.become(...(entry ? [entry] : []), at.team);
    expect([await at.tell(entry?.body ?? null), await at.tell(entry?.body ?? null, 9)]).toEqual([1, 0]);
    const [flag, ...more] = at.said();
    expect(more).toEqual([]);
    expect(flag).toMatchObject({
      type: 'task.assignment_changed.v1',
      actor: { kind: 'system', id: 'workforce' },
      reason,
      changes: [],
      task: { claimedBy: 'mia', status: 'in_progress' },
      cause: { topic: 'workforce', partition: 0, offset: 8 },
    });
    expect([flag!.cause.source, flag!.cause.id, flag!.time]).toEqual(
      entry
        ? ['/hr', 'e-8', '2026-03-03T09:00:00.000Z']
        : ['/conversation-tasks/workforce', 'acme/agent:mia@8', new Date(1_770_000_000_000).toISOString()],
    );
  });

  test('loses the claim where the team wants it back', async () => {
    const at = await world(RETURNING);
    at.become(mia({ availability: 'offline' }), at.team);
    expect(await at.tell({})).toBe(2);
    expect(at.said().map(({ type, reason }) => [type, reason])).toEqual([
      ['task.assignment_changed.v1', "the holder 'mia' is offline"],
      ['task.status_changed.v1', "the holder 'mia' is offline"],
    ]);
    expect(at.said()[1]!.task).toMatchObject({ claimedBy: null, status: 'to_do', startedAt: null });
  });

  test.each<[string, WorkforceEntry]>([
    ['is away', mia({ availability: 'away' })],
    ['is there', mia()],
    ['is a lead of another team', mia({ roles: ['agent', 'lead'], teams: [] })],
  ])('who %s is not gone', async (_, entry) => {
    const at = await world();
    at.become(entry, at.team);
    expect([await at.tell(entry.body), at.said()]).toEqual([0, []]);
  });

  test('who has given the task up, or ended it, is nobody’s concern', async () => {
    const at = await world(RETURNING);
    await at.apply(4, anEvent({ type: 'task.resolve.v1', data: { taskId: TASK, actor: at.actor } }));
    const before = at.said().length;
    at.become(mia({ availability: 'offline' }), at.team);
    expect([await at.tell({}), at.said().length - before]).toEqual([0, 0]);
  });
});

test('a claim is flagged once for each reason, however they take turns', async () => {
  const at = await world();
  const turns = ['offline', 'left', 'offline', 'left'].map((how, i) => ({
    entry: mia(how === 'left' ? { teams: [] } : { availability: 'offline' }),
    offset: 10 + i,
  }));
  const made: number[] = [];
  for (const { entry, offset } of turns) {
    at.become(entry, at.team);
    made.push(await at.tell(entry.body, offset));
  }
  expect(made).toEqual([1, 1, 0, 0]);
});

test('a claim that is made anew can be flagged anew', async () => {
  const at = await world();
  at.become(mia({ availability: 'offline' }), at.team);
  await at.tell({});
  at.become(mia(), at.team);
  await at.apply(
    4,
    anEvent({ type: 'task.release.v1', data: { taskId: TASK, actor: at.actor } }),
    anEvent({ type: 'task.claim.v1', data: { taskId: TASK, actor: at.actor } }),
  );
  at.become(mia({ availability: 'offline' }), at.team);
  expect(await at.tell({}, 12)).toBe(1);
});
