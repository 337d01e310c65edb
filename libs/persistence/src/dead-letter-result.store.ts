import { type DataSource } from 'typeorm';
import {
  type LetterFailure,
  type LetterId,
  type LetterResult,
  type LetterResults,
  type Resolution,
} from '#libs/dead-letters';
import { type ColumnOf, insertRows, lookUp } from './rows';
import { inTransaction, queryRows } from './transaction';

const KEY = { topic: 'text', partition: 'integer', '"offset"': 'bigint' };
const SETTLED = `result in ('applied', 'duplicate', 'rejected', 'outdated', 'discarded')`;

/** What operators made of dead letters. As the operator's role; the table has no tenant's data. */
export class DeadLetterResultStore implements LetterResults {
  constructor(private readonly dataSource: DataSource) {}

  async record(operationId: string, results: readonly LetterResult[]): Promise<void> {
    await inTransaction(this.dataSource, (manager) =>
      insertRows(manager, 'dead_letter_result', columnsOf(operationId), results, 'on conflict do nothing'),
    );
  }

  /** Which of these places have letters that need nobody any more. */
  async resolutionsOf(ids: readonly LetterId[]): Promise<Resolution[]> {
    if (ids.length === 0) return [];
    return queryRows(
      this.dataSource,
      lookUp(
        `topic, partition, "offset", fingerprint,
         case when result = 'discarded' then 'discarded' else 'redriven' end as resolved`,
        'dead_letter_result',
        KEY,
        SETTLED,
      ),
      placesOf(ids),
    );
  }

  /** The redrives of letters of these places that failed, as the letters were: an edited one that failed made no other copy. */
  async failuresOf(ids: readonly LetterId[]): Promise<LetterFailure[]> {
    if (ids.length === 0) return [];
    return queryRows(
      this.dataSource,
      lookUp(
        'topic, partition, "offset", fingerprint, attempt',
        'dead_letter_result',
        KEY,
        `result = 'failed' and edited is null`,
      ),
      placesOf(ids),
    );
  }

  /** Everything that was ever made of the letters of one place, oldest first. */
  async historyOf({ topic, partition, offset }: LetterId): Promise<LetterHistory[]> {
    return queryRows(
      this.dataSource,
      `select r.fingerprint, r.attempt, r.result, r.code, r.edited, r.recorded_at as "recordedAt",
              r.operation_id as "operationId", o.started_by as "startedBy", o.reason
         from dead_letter_result r join operation o on o.id = r.operation_id
        where r.topic = $1 and r.partition = $2 and r."offset" = $3 order by r.recorded_at`,
      [topic, partition, offset],
    );
  }
}

/** What one operation made of a letter, and whose it was. */
export type LetterHistory = Pick<LetterResult, 'fingerprint' | 'attempt' | 'result' | 'code' | 'edited'> & {
  recordedAt: Date;
  operationId: string;
  startedBy: string;
  reason: string | null;
};

const placesOf = (ids: readonly LetterId[]): unknown[] => [
  ids.map(({ topic }) => topic),
  ids.map(({ partition }) => partition),
  ids.map(({ offset }) => offset),
];

const columnsOf = (operationId: string): ColumnOf<LetterResult>[] => [
  ['topic', 'text', ({ topic }) => topic],
  ['partition', 'integer', ({ partition }) => partition],
  ['offset', 'bigint', ({ offset }) => offset],
  ['fingerprint', 'text', ({ fingerprint }) => fingerprint],
  ['operation_id', 'uuid', () => operationId],
  ['attempt', 'integer', ({ attempt }) => attempt],
  ['result', 'text', ({ result }) => result],
  ['code', 'text', ({ code }) => code],
  ['edited', 'text', ({ edited }) => edited],
];
