import { anEvent, createCommand, createTestDatabase, type TestDatabase } from '#libs/testing';
import { applyEvents, TenantDirectory } from '#libs/processing';
import { PostgresShardStore } from './index';

/** A promise that is resolved from outside. */
function gate(): { opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('the lock of a shard', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const waitingForLock = async (): Promise<number> => {
    const [row] = await db.owner.query(
      `select count(*)::int as waiting from pg_locks join pg_database d on d.oid = database
        where locktype = 'advisory' and not granted and d.datname = current_database()`,
    );
    return row.waiting;
  };

  /** Lets a first transaction write to shard 5 and stand still before its commit, while a second one goes for `shard`. */
  async function secondWhileFirstIsOpen(shard: number): Promise<{ order: string[]; seen: number }> {
    const store = new PostgresShardStore(db.app);
    const order: string[] = [];
    const written = gate();
    const mayCommit = gate();
    let entered = false;
    let seen = -1;
    const first = store.inShard(5, ['acme'], async (tx) => {
      const event = anEvent(createCommand(), { id: `held-${shard}` });
      await applyEvents([event], null, tx, {
        directory: new TenantDirectory(),
        now: () => '2026-11-01T00:00:00.000Z',
      });
      written.open();
      await mayCommit.opened;
      order.push('first ends');
    });
    await written.opened;
    const second = store.inShard(shard, ['acme'], async (tx) => {
      entered = true;
      seen = (await tx.heads()).activity;
      order.push('second reads');
      mayCommit.open();
    });
    while (!entered && (await waitingForLock()) === 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
    if (!entered) mayCommit.open();
    await Promise.all([first, second]);
    return { order, seen };
  }

  it('lets a second writer in only after the first has committed, and shows it what the first wrote', async () => {
    expect(await secondWhileFirstIsOpen(5)).toEqual({ order: ['first ends', 'second reads'], seen: 1 });
  });

  it('does not hold up a writer of another shard', async () => {
    expect((await secondWhileFirstIsOpen(6)).order).toEqual(['second reads', 'first ends']);
  });

  it('is never waited for in a circle, in whatever order shards are named', async () => {
    const store = new PostgresShardStore(db.app);
    const mayCommit = gate();
    const locking = (shards: number[], work: () => Promise<unknown> = async () => 'done') =>
      store.inShards(shards.map((shard) => ({ shard, tenantIds: ['acme'], work })));
    const waiting = async (count: number): Promise<void> => {
      while ((await waitingForLock()) < count) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const entered = gate();
    const holder = locking([1], async () => {
      entered.open();
      await mayCommit.opened;
    });
    await entered.opened;
    // Both wait for shard 1, the one in front first; were the other to hold shard 2 already, neither would get both.
    const inFront = locking([1, 2]);
    await waiting(1);
    const behind = locking([2, 1]);
    await waiting(2);
    mayCommit.open();
    const settled = await Promise.allSettled([holder, inFront, behind]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });
});
