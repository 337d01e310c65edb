import { applyEvents, TenantDirectory } from '#libs/processing';
import { anEvent, createCommand, createTestDatabase, type TestDatabase } from '#libs/testing';
import { PostgresShardStore } from './index';
import { Timers1790200000000 } from './migrations/1790200000000-timers';

describe('the migration that brings timers', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  it('gives tasks that are there what their activities fold to', async () => {
    const [due, claimed, ended, plain] = [1, 2, 3, 4].map((n) => `55555555-5555-4555-8555-55555555555${n}`);
    const actor = { kind: 'service' as const, id: 'crm' };
    const at = (time: string) => ({ time: `2026-03-02T${time}:00.000Z` });
    const create = (taskId: string) =>
      anEvent(createCommand({ taskId, due: taskId === plain ? null : { at: '2026-03-05T10:00:00Z' } }));
    const events = [
      ...[due!, claimed!, ended!, plain!].map(create),
      anEvent({
        type: 'task.update.v1',
        data: { taskId: due!, actor, due: { at: '2026-03-06T10:00:00Z' } },
      }),
      anEvent({ type: 'task.update.v1', data: { taskId: claimed!, actor, due: null } }),
      anEvent({ type: 'task.claim.v1', data: { taskId: claimed!, actor } }, at('11:00')),
      anEvent({ type: 'task.comment.v1', data: { taskId: claimed!, actor, text: 'x' } }, at('12:00')),
      anEvent({ type: 'task.comment.v1', data: { taskId: claimed!, actor, text: 'late' } }, at('11:30')),
      anEvent(
        {
          type: 'task.comment.v1',
          data: { taskId: claimed!, actor: { kind: 'service', id: 'other' }, text: 'y' },
        },
        at('13:00'),
      ),
      anEvent({ type: 'task.claim.v1', data: { taskId: ended!, actor } }),
      anEvent({ type: 'task.resolve.v1', data: { taskId: ended!, actor } }),
    ];
    await new PostgresShardStore(db.app).inShard(1, ['acme'], (tx) =>
      applyEvents(events, null, tx, {
        directory: new TenantDirectory(),
        now: () => '2026-11-01T00:00:00.000Z',
      }),
    );
    const rows = (): Promise<{ timer_at: Date | null }[]> =>
      db.operator.query(
        `select id, due_set_by, due_said, claim_active_by, claim_active_at, claim_flag, timer_at from task order by id`,
      );
    const before = await rows();
    const [runner, migration] = [db.owner.createQueryRunner(), new Timers1790200000000()];
    await migration.down(runner);
    await migration.up(runner);
    await runner.release();
    // When, is worked out at a worker's first look.
    const toBeLookedAt = before.map((row, i) => ({ ...row, timer_at: i < 2 ? new Date(0) : null }));
    expect(await rows()).toEqual(toBeLookedAt);
    expect(before).toMatchObject([
      { due_set_by: 2 },
      { due_set_by: null, claim_active_by: 4, claim_active_at: new Date('2026-03-02T12:00:00.000Z') },
      { claim_active_by: expect.any(Number) },
      { due_set_by: null, claim_active_by: null },
    ]);
  });
});
