import { type TaskKey } from '../shard.store';

/** Port: the open tasks that a change of the workforce may concern. Implemented in persistence. */
export interface TaskFinder {
  /** Those that any of these agents has claimed. */
  claimedBy(agents: readonly { tenantId: string; agentId: string }[]): Promise<FoundTask[]>;
  /** Those whose due date was worked out with this calendar, in the order of their ids, after one of them. */
  dueBy(
    calendar: { tenantId: string; calendarId: string },
    afterTaskId: string | null,
    limit: number,
  ): Promise<FoundTask[]>;
}

/** A task, and where to change it. */
export interface FoundTask extends TaskKey {
  shard: number;
}
