import { type DataSource, type EntityManager } from 'typeorm';
import { type InputPosition, type WorkforceChange, type WorkforceRecord } from '#libs/processing';
import { type ColumnOf, insertRows } from './rows';
import { writePositions } from './input-position.writer';
import { inTransaction, seeTenants } from './transaction';

const columns: ColumnOf<WorkforceRecord>[] = [
  ['tenant_id', 'text', ({ change }) => change.tenantId],
  ['kind', 'text', ({ change }) => change.kind],
  ['id', 'text', ({ change }) => change.id],
  ['body', 'jsonb', ({ change }) => change.body && JSON.stringify(change.body)],
  ['source_offset', 'bigint', ({ record }) => record.offset],
];

/** The workforce as the compacted topic has it. */
export class WorkforceStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Applies changes in the order of their offsets, with the position after them, in one transaction. An older record than the one
   * a row came from changes nothing, so the topic may be read again from any point while workers run.
   *
   * @param position null for records that were not read at the input's position: it stays where it is.
   * @returns how many entries changed.
   */
  async apply(records: readonly WorkforceRecord[], position: InputPosition | null): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      const changed = await write(manager, records);
      if (position) await writePositions(manager, [position]);
      return changed;
    });
  }

  /** How many entries these would change; nothing is. */
  async rehearse(records: readonly WorkforceRecord[]): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query('savepoint before');
      const changed = await write(manager, records);
      await manager.query('rollback to savepoint before');
      return changed;
    });
  }
}

async function write(manager: EntityManager, records: readonly WorkforceRecord[]): Promise<number> {
  // One statement cannot touch a row twice: the last record of each key is the one that counts, as in a compacted topic.
  const latest = [...new Map(records.map((record) => [keyOf(record.change), record])).values()];
  const tenants = [...new Set(latest.map(({ change }) => change.tenantId))].sort();
  await seeTenants(manager, tenants);
  const changed = await insertRows(
    manager,
    'workforce_entry',
    columns,
    latest,
    `on conflict (tenant_id, kind, id) do update set body = excluded.body, source_offset = excluded.source_offset
       where workforce_entry.source_offset < excluded.source_offset returning 1`,
  );
  if (changed.length > 0) await bumpRevision(manager, 'workforce', tenants);
  return changed.length;
}

const keyOf = ({ tenantId, kind, id }: WorkforceChange): string => `${tenantId}\0${kind}\0${id}`;

/** Tells every worker to read a tenant's people or flows again. In the transaction of the change itself. */
export async function bumpRevision(
  manager: { query(sql: string, parameters: unknown[]): Promise<unknown> },
  what: 'workforce' | 'flows',
  tenantIds: readonly string[],
): Promise<void> {
  await manager.query(
    `insert into tenant_revision (tenant_id, ${what}) select unnest($1::text[]), 1
     on conflict (tenant_id) do update set ${what} = tenant_revision.${what} + 1`,
    [tenantIds],
  );
}
