import { type DataSource } from 'typeorm';
import { type Task } from '#libs/domain';
import { entryOf, LOG_SELECT, type LogRow } from '../log.source';
import { TASK_COLUMNS, taskFrom, type TaskOnlyRow } from '../row.readers';
import { type Page, pageOf } from './keyset';
import { queryTenant } from './tenant.query';

/** An activity of a task as its topic has it: a CloudEvent's attributes, and its data as JSON text. */
export interface TaskActivity {
  id: string;
  type: string;
  time: string;
  recordedAt: string;
  data: string;
}

/** Reads tasks by their ids, and their logs, for those who look at them; as the application's role. */
export class TaskReader {
  constructor(private readonly dataSource: DataSource) {}

  async find(tenantId: string, taskId: string): Promise<Task | null> {
    return (await this.findAll(tenantId, [taskId])).get(taskId) ?? null;
  }

  /** Those of these that the tenant has, by id, in one statement. @param taskIds in lower case. */
  async findAll(tenantId: string, taskIds: readonly string[]): Promise<Map<string, Task>> {
    const sql = `select ${TASK_COLUMNS} from task where tenant_id = $1 and id = any ($2::uuid[])`;
    const rows = await queryTenant<TaskOnlyRow>(this.dataSource, tenantId, sql, [tenantId, taskIds]);
    return new Map(rows.map((row) => [row.id, taskFrom(row)]));
  }

  /** What happened to a task, oldest first; null where there is no such task. */
  async activity(
    tenantId: string,
    taskId: string,
    afterSequence: number,
    limit: number,
  ): Promise<Page<TaskActivity> | null> {
    const rows = await queryTenant<LogRow>(
      this.dataSource,
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
