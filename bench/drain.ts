import { setTimeout as pause } from 'node:timers/promises';
import { type NodeProcess, type TestDeployment } from '#libs/testing';
import { type Contestant } from './contestants';
import { creation, publishAll } from './events';
import { cpuMs, peakMiB } from './machine';

/** What came of a backlog. */
export interface Drain {
  /** Events a second, from the first seen to the last. */
  rate: number;
  /** Microseconds of the process's CPU an event. */
  cpuUs: number;
  peakMiB: number;
}

/** What there was to show for it: the same for all, or somebody is hobbled. */
export interface Fairness {
  rowsAnEvent: Record<string, number>;
  databaseBytesAnEvent: number;
  activityBytes: number;
  activities: number;
  /** Partitions of the input and of the activity topic that hold records. */
  partitions: { input: number; activity: number };
  processes: 1;
}

const LOOK_MS = 20;

/** Counts what `progress` says between its first and its last step, and what the process used for it. */
export async function timeUntil(
  program: NodeProcess,
  events: number,
  progress: () => Promise<number>,
): Promise<Drain> {
  let first: { at: number; done: number; cpu: number } | undefined;
  for (;;) {
    if (program.exit) throw program.failure('ended');
    const done = await progress();
    if (done > 0) first ??= { at: performance.now(), done, cpu: cpuMs(program.pid) };
    if (done >= events && first) {
      const counted = events - first.done;
      return {
        rate: (counted / (performance.now() - first.at)) * 1_000,
        cpuUs: ((cpuMs(program.pid) - first.cpu) * 1_000) / counted,
        peakMiB: peakMiB(program.pid),
      };
    }
    await pause(LOOK_MS);
  }
}

/** How many activities can be read. */
export const readable = (deployment: TestDeployment) => async (): Promise<number> =>
  (await deployment.endOffsets('task-activity')).reduce((sum, end) => sum + end, 0);

/** How many records of the calls' topic the service has stored as read. */
export const applied = (deployment: TestDeployment) => async (): Promise<number> => {
  const [row] = await deployment.query<{ read: number }>(
    `select coalesce(sum(next_offset), 0)::int as read from input_position where topic = 'conversation-events.call'`,
  );
  return row!.read;
};

/** A backlog of creations, drained by one process: until the last activity can be read from its topic. */
export async function drainCreations(
  contestant: Contestant,
  deployment: TestDeployment,
  events: number,
): Promise<Drain> {
  await publishAll((records) => deployment.publish(records), events, creation);
  await settled(deployment);
  const program = contestant.start(deployment);
  try {
    return await timeUntil(program, events, readable(deployment));
  } finally {
    program.signal('SIGTERM');
    await program.exited;
  }
}

/** What earlier rounds left to be written is none of this one's business. */
export async function settled(deployment: TestDeployment): Promise<void> {
  await deployment.database.owner.query('checkpoint');
}

export async function fairnessOf(deployment: TestDeployment, events: number): Promise<Fairness> {
  const counts = await deployment.rowCounts();
  const [{ bytes }] = (await deployment.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(c.oid))::int8::float8 as bytes from pg_class c
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  )) as [{ bytes: number }];
  const activities = await readable(deployment)();
  const filled = async (topic: string): Promise<number> =>
    (await deployment.endOffsets(topic)).filter((end) => end > 0).length;
  const partitions = {
    input: await filled('conversation-events.call'),
    activity: await filled('task-activity'),
  };
  const sample = (await deployment.records('task-activity')).slice(0, 1_000);
  const valueBytes = sample.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) / sample.length;
  return {
    rowsAnEvent: Object.fromEntries(
      Object.entries(counts)
        .filter(([, rows]) => rows > 0)
        .map(([table, rows]) => [table, Number((rows / events).toFixed(2))]),
    ),
    databaseBytesAnEvent: Math.round(bytes / events),
    activityBytes: Math.round(valueBytes),
    activities,
    partitions,
    processes: 1,
  };
}
