import { type InputTable, type TestDeployment } from '#libs/testing';
import { asMultiset, type ComparableTask, tasksInDatabase } from './created-tasks';
import { type DataSet } from './data-set';

/** Everything that a fault could have changed: what was lost, what counts twice, what was set aside. */
export interface Result {
  tasks: ComparableTask[];
  rows: Record<InputTable, number>;
  /** Records in each output topic. */
  published: Record<string, number>;
  /** Records of task-activity whose `position` is not their offset plus one. */
  misplaced: unknown[];
  verify: { ok: boolean; total: number };
}

/** What the data set leads to when nothing goes wrong, known from its own files alone. */
export function faultFreeResult({ expectedTasks, expectedRows }: DataSet): Result {
  return {
    tasks: asMultiset(expectedTasks),
    rows: expectedRows,
    published: {
      'task-activity': expectedRows.activity_log,
      'task-rejections': expectedRows.rejection_log,
      'task-dead-letters': 0,
    },
    misplaced: [],
    verify: { ok: true, total: 0 },
  };
}

/** What it led to here. The deployment is drained. */
export async function resultOf(deployment: TestDeployment): Promise<Result> {
  const ends = Object.entries(await deployment.outputEnds());
  const activity = await deployment.records('task-activity');
  const { stdout, stderr } = await deployment.cli(['verify', '--json']);
  if (!stdout.startsWith('{')) throw new Error(`verify gave no report: ${stdout}${stderr}`);
  const { ok, total } = JSON.parse(stdout) as Result['verify'];
  return {
    tasks: asMultiset(await tasksInDatabase(deployment)),
    rows: await deployment.rowCounts(),
    published: Object.fromEntries(
      ends.map(([topic, each]) => [topic, each.reduce((sum, end) => sum + end, 0)]),
    ),
    misplaced: activity
      .filter(({ offset, headers }) => headers.position !== String(offset + 1))
      .map(({ partition, offset, headers }) => ({ partition, offset, position: headers.position })),
    verify: { ok, total },
  };
}

/** How many records of the conversation topics no group's offset covers. */
export async function unreadRecords(deployment: TestDeployment): Promise<number> {
  const { unread } = await deployment.lag();
  return Object.values(unread).reduce((sum, each) => sum + each, 0);
}

/** How many records have been applied: the sum of the positions stored beside the data. */
export async function recordsApplied(deployment: TestDeployment): Promise<number> {
  const [row] = await deployment.query<{ applied: number }>(
    `select coalesce(sum(next_offset), 0)::int as applied from input_position where topic like 'conversation-events.%'`,
  );
  return row!.applied;
}
