import { type DataSource } from 'typeorm';
import { type Channel, type Priority, type Status, type Task, type TaskType } from '#libs/domain';
import { entryOf, LOG_SELECT, type LogRow } from '../log.source';
import { taskFrom, type TaskRow } from '../row.readers';
import { Conditions, type Keyset, keysetColumn, type Order, orderBy, type Page, pageOf } from './keyset';
import { queryTenant } from './tenant.query';

export type TaskSort = 'createdAt' | 'updatedAt' | 'dueAt' | 'priority';

/** Which tasks, in which order. What is absent does not matter. */
export interface TaskQuestion {
  status?: Status[];
  type?: TaskType[];
  priority?: Priority[];
  channel?: Channel[];
  /** An agent: who has it, or has claimed it. */
  assignee?: string;
  team?: string;
  conversationId?: string;
  overdue?: boolean;
  dueBefore?: string;
  dueAfter?: string;
  sort: TaskSort;
  descending: boolean;
}

/** Whose queue: an agent, and the teams the agent is a member of. */
export interface QueueQuestion {
  agentId: string;
  teams: readonly string[];
}

/** An activity of a task as its topic has it: a CloudEvent's attributes, and its data as JSON text. */
export interface TaskActivity {
  id: string;
  type: string;
  time: string;
  recordedAt: string;
  data: string;
}

/** What has no due date comes last. */
const DUE = "coalesce(due_at, 'infinity')";
/** 0 is critical. Text comparisons alone: under row-level security a condition that may leak is no index's. */
const RANK = "case priority when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end";
/** Overdue first, then by priority. */
const URGENCY = `case when overdue then
   case priority when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end
   else case priority when 'critical' then 4 when 'high' then 5 when 'medium' then 6 else 7 end end`;
const ID = { sql: 'id', type: 'uuid' };
const OPEN = "status in ('to_do', 'in_progress')";

const ORDERS: Record<TaskSort, Order['by']> = {
  createdAt: [{ sql: 'created_at', type: 'timestamptz' }, ID],
  updatedAt: [{ sql: 'updated_at', type: 'timestamptz' }, ID],
  dueAt: [{ sql: DUE, type: 'timestamptz' }, ID],
  priority: [{ sql: RANK, type: 'integer' }, { sql: DUE, type: 'timestamptz' }, ID],
};
const QUEUE: Order = {
  by: [{ sql: URGENCY, type: 'integer' }, { sql: DUE, type: 'timestamptz' }, ID],
  descending: false,
};

/** More are not counted: that would take as long as it likes. */
const MOST_COUNTED = 10_000;

type PageRow = TaskRow & { keyset: string[] };

/** Reads tasks for those who look at them, as the application's role: a tenant at a time, and of no other. */
export class TaskReader {
  constructor(private readonly dataSource: DataSource) {}

  async find(tenantId: string, taskId: string): Promise<Task | null> {
    const sql = 'select * from task where tenant_id = $1 and id = $2';
    const [row] = await this.#rows<TaskRow>(tenantId, sql, [tenantId, taskId]);
    return row ? taskFrom(row) : null;
  }

  async page(
    tenantId: string,
    question: TaskQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Task>> {
    const order: Order = orderOf(question);
    const where = conditionsOf(tenantId, question).after(after, order);
    const rows = await this.#rows<PageRow>(
      tenantId,
      `select *, ${keysetColumn(order)} from task where ${where.sql} order by ${orderBy(order)} limit ${limit + 1}`,
      where.parameters,
    );
    return pageOf(rows, limit, taskFrom);
  }

  /** How many there are; null when more than 10,000. */
  async count(tenantId: string, question: TaskQuestion): Promise<number | null> {
    const where = conditionsOf(tenantId, question);
    const [row] = await this.#rows<{ count: number }>(
      tenantId,
      `select count(*)::int as count from (select from task where ${where.sql} limit ${MOST_COUNTED + 1}) found`,
      where.parameters,
    );
    return row!.count > MOST_COUNTED ? null : row!.count;
  }

  /** An agent's queue: what the agent has, and what their teams have that nobody has claimed. Each of these is an index range. */
  async queue(
    tenantId: string,
    { agentId, teams }: QueueQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Task>> {
    const where = new Conditions();
    where.parameters.push(tenantId, agentId, teams);
    where.after(after, QUEUE);
    const of = (source: string): string =>
      `(select *, ${keysetColumn(QUEUE)}, ${URGENCY} as urgency, ${DUE} as due from task
         where tenant_id = $1 and ${OPEN} and ${source} and ${where.sql} order by ${orderBy(QUEUE)} limit ${limit + 1})`;
    const rows = await this.#rows<PageRow>(
      tenantId,
      `select * from (
         ${of("assignee_kind = 'agent' and assignee_id = $2")}
         union all ${of("claimed_by = $2 and assignee_kind = 'team'")}
         union all select of_team.* from unnest($3::text[]) as team (id) cross join lateral
           ${of("assignee_kind = 'team' and assignee_id = team.id and claimed_by is null")} of_team
       ) own order by urgency, due, id limit ${limit + 1}`,
      where.parameters,
    );
    return pageOf(rows, limit, taskFrom);
  }

  /** What happened to a task, oldest first; null where there is no such task. */
  async activity(
    tenantId: string,
    taskId: string,
    afterSequence: number,
    limit: number,
  ): Promise<Page<TaskActivity> | null> {
    const rows = await this.#rows<LogRow>(
      tenantId,
      `${LOG_SELECT.activity} where tenant_id = $1 and task_id = $2 and sequence > $3 order by sequence limit ${limit + 1}`,
      [tenantId, taskId, afterSequence],
    );
    if (rows.length === 0 && !(await this.find(tenantId, taskId))) return null;
    return pageOf(
      rows.map((row) => ({ ...row, keyset: [String(row.sequence)] })),
      limit,
      activityOf,
    );
  }

  #rows<Row>(tenantId: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return queryTenant<Row>(this.dataSource, tenantId, sql, parameters);
  }
}

function activityOf(row: LogRow): TaskActivity {
  const { headers, value } = entryOf('activity', row);
  return {
    id: headers.ce_id!,
    type: headers.ce_type!,
    time: headers.ce_time!,
    recordedAt: headers.ce_recordedtime!,
    data: value,
  };
}

/** For what is sorted by priority, the greatest is the critical one, whose rank is least. */
function orderOf({ sort, descending }: TaskQuestion): Order {
  return { by: ORDERS[sort], descending: sort === 'priority' ? !descending : descending };
}

function conditionsOf(tenantId: string, question: TaskQuestion): Conditions {
  const where = new Conditions().add('tenant_id = ?', tenantId);
  for (const column of ['status', 'type', 'priority', 'channel'] as const) {
    const words = question[column];
    if (words) where.add(`${column} = any (?::text[])`, words);
  }
  if (question.assignee !== undefined)
    where.add("((assignee_kind = 'agent' and assignee_id = ?) or claimed_by = ?)", question.assignee);
  if (question.team !== undefined) where.add("assignee_kind = 'team' and assignee_id = ?", question.team);
  if (question.conversationId !== undefined) where.add('conversation_id = ?', question.conversationId);
  if (question.overdue !== undefined) where.add('overdue = ?', question.overdue);
  if (question.dueBefore !== undefined) where.add('due_at < ?', question.dueBefore);
  if (question.dueAfter !== undefined) where.add('due_at >= ?', question.dueAfter);
  return where;
}
