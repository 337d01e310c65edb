import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { type Page } from './reading/keyset';
import { queryRows } from './transaction';

export type OperationKind = 'redrive' | 'discard' | 'replay' | 'republish';
export type OperationStatus = 'running' | 'paused' | 'aborted' | 'done' | 'failed';

/** Something an operator did or does, as it stands. */
export interface Operation<Parameters = unknown, Progress = unknown> {
  id: string;
  kind: OperationKind;
  status: OperationStatus;
  /** What another command asks of the process that runs it. */
  asked: 'pause' | 'abort' | null;
  startedBy: string;
  reason: string | null;
  parameters: Parameters;
  progress: Progress;
  startedAt: Date;
  updatedAt: Date;
  endedAt: Date | null;
  /** Said to be running, and not heard of for `SILENT_AFTER_SECONDS`: its process is gone, or stands still. */
  silent: boolean;
}

export interface OperationStart<Parameters, Progress> {
  kind: OperationKind;
  startedBy: string;
  reason: string | null;
  parameters: Parameters;
  progress: Progress;
}

/** After so long without a word from its process, another one may go on with an operation. */
export const SILENT_AFTER_SECONDS = 30;

/** The operation is another process's by now, or has ended. */
export class OperationLost extends Error {
  override readonly name = 'OperationLost';
}

const lost = (id: string): string => `operation ${id} is run by another process by now, or was ended`;

const IS_SILENT = `(status = 'running' and updated_at < now() - interval '${SILENT_AFTER_SECONDS} seconds')`;
const COLUMNS = `id, kind, status, asked, started_by as "startedBy", reason, parameters, progress,
  started_at as "startedAt", updated_at as "updatedAt", ended_at as "endedAt", ${IS_SILENT} as silent`;

/**
 * What operators did and do: the audit, and for long work how far it got, so that another process can go on with it. A process
 * holds the operation it runs, and must `report` more often than every `SILENT_AFTER_SECONDS`. As the operator's role.
 */
export class OperationStore {
  /** Who we are among the processes that may run an operation. */
  readonly #holder = randomUUID();

  constructor(private readonly dataSource: DataSource) {}

  /** Writes down that it begins. @returns its id. */
  async begin<Parameters, Progress>(start: OperationStart<Parameters, Progress>): Promise<string> {
    const id = randomUUID();
    await this.#query(
      `insert into operation (id, kind, status, holder, started_by, reason, parameters, progress)
       values ($1, $2, 'running', $3, $4, $5, $6::jsonb, $7::jsonb)`,
      [
        id,
        start.kind,
        this.#holder,
        start.startedBy,
        start.reason,
        JSON.stringify(start.parameters),
        JSON.stringify(start.progress),
      ],
    );
    return id;
  }

  /**
   * Takes one that is paused, has failed or is silent over from whoever had it.
   *
   * @throws OperationLost when it is running, has ended or is not there.
   */
  async resume(id: string): Promise<Operation> {
    const [operation] = await this.#query(
      `update operation set status = 'running', holder = $2, asked = null, ended_at = null, updated_at = now()
        where id = $1 and (status in ('paused', 'failed') or ${IS_SILENT}) returning ${COLUMNS}`,
      [id, this.#holder],
    );
    if (operation) return operation;
    throw new OperationLost(
      `operation ${id} is running, has ended or is not there: one that runs can be gone on with when it is paused, or ` +
        `${SILENT_AFTER_SECONDS} s after its process was last heard of`,
    );
  }

  /**
   * Stores how far it got.
   *
   * @returns what is asked of this process meanwhile.
   * @throws OperationLost when another process has taken it over.
   */
  async report(id: string, progress: unknown): Promise<Operation['asked']> {
    const [operation] = await this.#query(
      `update operation set progress = $3::jsonb, updated_at = now()
        where id = $1 and holder = $2 and status = 'running' returning ${COLUMNS}`,
      [id, this.#holder, JSON.stringify(progress)],
    );
    if (!operation) throw new OperationLost(lost(id));
    return operation.asked;
  }

  /** Stores that this process leaves it, and how far it got. @throws OperationLost as `report`. */
  async leave(id: string, status: Exclude<OperationStatus, 'running'>, progress: unknown): Promise<void> {
    const [operation] = await this.#query(
      `update operation set progress = $4::jsonb, asked = null, updated_at = now(),
              status = case when asked = 'abort' and $3 = 'paused' then 'aborted' else $3 end,
              ended_at = case when $3 = 'paused' and asked is distinct from 'abort' then null else now() end
        where id = $1 and holder = $2 and status in ('running', $3) returning ${COLUMNS}`,
      [id, this.#holder, status, JSON.stringify(progress)],
    );
    // Also when it has left it just now, and only the answer was lost.
    if (!operation) throw new OperationLost(lost(id));
  }

  /**
   * Asks the process that runs it to pause or to abort; aborts it at once when none does.
   *
   * @returns it as it then is; null when it is not there or has ended.
   */
  async ask(id: string, what: 'pause' | 'abort'): Promise<Operation | null> {
    const [operation] = await this.#query(
      `update operation set
              asked = case when status = 'running' and not ${IS_SILENT} then case when asked = 'abort' then asked else $2 end end,
              status = case when status = 'running' and not ${IS_SILENT} then status when $2 = 'abort' then 'aborted' else 'paused' end,
              ended_at = case when $2 = 'abort' and not (status = 'running' and not ${IS_SILENT}) then now() end
        where id = $1 and status in ('running', 'paused', 'failed') returning ${COLUMNS}`,
      [id, what],
    );
    return operation ?? null;
  }

  async find(id: string): Promise<Operation | null> {
    const [operation] = await this.#query(`select ${COLUMNS} from operation where id = $1`, [id]);
    return operation ?? null;
  }

  /** The latest of these kinds, latest first. */
  async latest(kinds: readonly OperationKind[], limit: number): Promise<Operation[]> {
    return this.#query(
      `select ${COLUMNS} from operation where kind = any ($1::text[]) order by started_at desc, id limit $2`,
      [kinds, limit],
    );
  }

  /**
   * Those of a kind whose parameters have all of this, latest first.
   *
   * @param after the id of the last one of the page before.
   */
  async page(
    kind: OperationKind,
    having: Record<string, unknown>,
    after: string | null,
    limit: number,
  ): Promise<Page<Operation>> {
    const found = await this.#query(
      `select ${COLUMNS} from operation
        where kind = $1 and parameters @> $2::jsonb
          and ($3::uuid is null or (started_at, id) < (select started_at, id from operation where id = $3))
        order by started_at desc, id desc limit $4`,
      [kind, JSON.stringify(having), after, limit + 1],
    );
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? [items.at(-1)!.id] : null };
  }

  /** TypeORM gives the rows of an update as [rows, count]. */
  async #query(sql: string, parameters: unknown[]): Promise<Operation[]> {
    const result = await queryRows<Operation>(this.dataSource, sql, parameters);
    return sql.startsWith('update') ? (result[0] as unknown as Operation[]) : result;
  }
}
