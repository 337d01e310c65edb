import { type DataSource, type EntityManager } from 'typeorm';
import { type ScheduledTask, type TaskKey } from '#libs/processing';
import { createTestDatabase, insertOpenTasks, makeDue, type TestDatabase } from '#libs/testing';
import { changingColumns } from './columns';
import { PostgresTaskFinder } from './task.finder';
import { PostgresShardTransaction } from './shard.transaction';
import { SharedStatements } from './shared.statements';
import { PostgresTimerSource } from './timer.source';
import { updateRows } from './rows';
import { seeTenants } from './transaction';

const TASKS = 20_000;
const DUE = '2026-03-02T12:00:00.000Z';
const BEFORE = '2026-03-02T11:59:59.999Z';
const SHARDS = Array.from({ length: 12 }, (_, shard) => shard);
/** Of every shard some, and so many that one transaction does not do. */
const NUMBERS = Array.from({ length: 3_000 }, (_, i) => i * 5);

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** How a statement read `task`, each way once. */
interface Access {
  by: string;
  /** Rows it came upon, those it had no use for included. */
  visited: number;
}

/** Takes the place of a connection and keeps how each statement was run; what it answers is the statement's own answer. */
class Explaining {
  readonly accesses: Access[] = [];
  statements = 0;

  constructor(private readonly under: { query(sql: string, parameters?: unknown[]): Promise<unknown> }) {}

  async query(sql: string, parameters: unknown[] = []): Promise<unknown> {
    this.statements += 1;
    await this.under.query('savepoint explaining');
    const [{ 'QUERY PLAN': plans }] = (await this.under.query(
      `explain (analyze, timing off, format json) ${sql}`,
      parameters,
    )) as [{ 'QUERY PLAN': [{ Plan: PlanNode }] }];
    await this.under.query('rollback to savepoint explaining');
    this.#read(plans[0].Plan);
    return this.under.query(sql, parameters);
  }

  #read(node: PlanNode): void {
    const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index } = node;
    if (relation === 'task' && type !== 'ModifyTable') {
      const rows = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
      const visited = Math.round(rows * node['Actual Loops']);
      this.accesses.push({ by: index ? `${type} using ${index}` : type, visited });
    }
    for (const child of node.Plans ?? []) this.#read(child);
  }
}

// A plan depends on what the planner believes of the table, and a table that grows is always ahead of that.
/** Tens of thousands of rows, three times, on a machine that may do much else. */
jest.setTimeout(120_000);

describe.each(['nobody has analyzed yet', 'grew a hundredfold since it was analyzed', 'was just analyzed'])(
  'in a table of tasks that %s',
  (state) => {
    let db: TestDatabase;
    beforeAll(async () => {
      db = await createTestDatabase();
      await db.owner.query('alter table task set (autovacuum_enabled = false)');
      const dueFrom = '2026-06-01T00:00:00.000Z';
      await insertOpenTasks(db.owner, { count: TASKS / 100, dueFrom });
      if (state.startsWith('grew')) await db.owner.query('analyze task');
      await insertOpenTasks(db.owner, { first: TASKS / 100, count: TASKS - TASKS / 100, dueFrom });
      await makeDue(db.owner, NUMBERS, DUE);
      if (state.endsWith('just analyzed')) await db.owner.query('vacuum analyze task');
    });
    afterAll(() => db.drop());

    /** How `work` reads tasks, as the application in a transaction of one tenant, or as the operator. */
    async function accessesOf<T>(
      source: DataSource,
      work: (connection: Explaining) => Promise<T>,
    ): Promise<{ accesses: Access[]; statements: number; result: T }> {
      const runner = source.createQueryRunner();
      try {
        await runner.startTransaction();
        await seeTenants(runner, ['default']);
        const connection = new Explaining(runner);
        const result = await work(connection);
        return { accesses: connection.accesses, statements: connection.statements, result };
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
    }
    const timers = (connection: Explaining): PostgresTimerSource =>
      new PostgresTimerSource(connection as unknown as DataSource);
    const due = (limit: number) =>
      accessesOf(db.operator, (connection) => timers(connection).tasksDue(3, DUE, limit));

    it('a look when nothing is due is one statement that comes upon no task', async () => {
      const look = await accessesOf(db.operator, (connection) =>
        timers(connection).shardsDue(SHARDS, BEFORE),
      );
      expect(look).toEqual({
        statements: 1,
        accesses: [{ by: expect.stringMatching(/^Index (Only )?Scan using task_by_timer$/), visited: 0 }],
        result: new Map(),
      });
    });

    it('a look when much is due comes upon one task of each shard', async () => {
      const look = await accessesOf(db.operator, (connection) => timers(connection).shardsDue(SHARDS, DUE));
      expect(look.accesses).toEqual([
        { by: expect.stringMatching(/^Index (Only )?Scan using task_by_timer$/), visited: 12 },
      ]);
      expect(look.result.size).toBe(12);
    });

    it('the tasks that are due are read in the order of their moments, and no others', async () => {
      const { accesses, result } = await due(100);
      expect(accesses).toEqual([{ by: 'Index Scan using task_by_timer', visited: 100 }]);
      expect(result).toHaveLength(100);
    });

    it('changed tasks are found and written by their keys, one look-up a task', async () => {
      const { result: keys } = await due(250);
      const changed = await accessesOf(db.app, async (connection) => {
        const manager = connection as unknown as EntityManager;
        const records = await new PostgresShardTransaction(new SharedStatements(manager), 3).tasks(keys);
        const rows = records.map((record): ScheduledTask => ({ ...record, timerAt: null }));
        await updateRows(manager, 'task', ['tenant_id', 'id'], changingColumns, rows);
      });
      const byKey = { by: 'Index Scan using task_pkey', visited: 250 };
      expect(changed.accesses).toEqual([byKey, byKey]);
    });

    it('the claims of an agent are found by the agent', async () => {
      const claimed: TaskKey[] = (await due(7)).result;
      await db.owner.query(`update task set claimed_by = 'mia' where id = any ($1)`, [
        claimed.map(({ taskId }) => taskId),
      ]);
      const { accesses, result } = await accessesOf(db.operator, (connection) =>
        new PostgresTaskFinder(connection as unknown as DataSource).claimedBy([
          { tenantId: 'default', agentId: 'mia' },
        ]),
      );
      expect(accesses).toEqual([{ by: 'Index Scan using task_by_claim', visited: 7 }]);
      expect(result).toHaveLength(7);
    });

    it('the tasks of a calendar are found by the calendar, however few they are among the tenant’s', async () => {
      const planned: TaskKey[] = (await due(7)).result;
      await db.owner.query(`update task set due_calendar = 'support' where id = any ($1)`, [
        planned.map(({ taskId }) => taskId),
      ]);
      const { accesses, result } = await accessesOf(db.operator, (connection) =>
        new PostgresTaskFinder(connection as unknown as DataSource).dueBy(
          { tenantId: 'default', calendarId: 'support' },
          null,
          100,
        ),
      );
      expect(accesses).toEqual([{ by: 'Index Scan using task_by_calendar', visited: 7 }]);
      expect(result).toHaveLength(7);
    });
  },
);
