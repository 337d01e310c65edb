import { type OutgoingRecord } from '#libs/messaging';
import { type ReadRecord, type TestDeployment } from '#libs/testing';
import { activityIn } from './created-tasks';

/** The data of a record of `task-rejections`. */
export interface RejectionData {
  code: string;
  detail: string;
  command: { type: string; subject: string; time: string; data: Record<string, unknown> };
  cause: { source: string; id: string; topic: string; partition: number; offset: number };
}

/**
 * What a suite tells its deployment, and asks it.
 *
 * @param deployment asked for when it is needed, since `beforeAll` makes it.
 */
export function dialogueWith(deployment: () => TestDeployment) {
  return {
    /** Publishes, and waits until everything it leads to is stored and published. */
    async given(...records: OutgoingRecord[]): Promise<void> {
      await deployment().publish(records);
      await deployment().drained();
    },

    async activitiesBecauseOf(id: string): Promise<ReadRecord[]> {
      const records = await deployment().records('task-activity');
      return records.filter((record) => activityIn(record).cause.id === id);
    },

    async rejectionsBecauseOf(id: string): Promise<(ReadRecord & { data: RejectionData })[]> {
      const records = await deployment().records('task-rejections');
      return records
        .map((record) => ({ ...record, data: JSON.parse(String(record.value)) as RejectionData }))
        .filter(({ data }) => data.cause.id === id);
    },
  };
}
