import { type Connection, Query } from 'pg';
import { TENANTS_SETTING } from '../schema/roles';

/** What pg's `Query` does by itself, which its types do not show. */
interface Submitted {
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}
const submitted = Query.prototype as unknown as Submitted;

/** A connection as `prepare` uses it. */
interface Writes {
  parse(statement: { text: string }): void;
  bind(portal: { values: string[] }): void;
  execute(portal: object): void;
}

const SEE_TENANT = `select set_config('${TENANTS_SETTING}', array[$1::text]::text, true)`;

/**
 * A statement that sees one tenant's rows and no others (invariant 8), in one trip to the database: what says whose rows they are is
 * sent before it and both before one Sync, which to the server is one transaction
 * (https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). With BEGIN and COMMIT it would be four trips.
 */
export class TenantStatement extends Query implements Submitted {
  #seesTenant = false;

  /** @param values at least one: without any, pg sends a statement in a way that cannot be put behind another. */
  constructor(
    private readonly tenantId: string,
    text: string,
    values: readonly unknown[],
    done: (error: Error | undefined, result: { rows: unknown[] }) => void,
  ) {
    super({ text, values: [...values] }, done);
  }

  prepare(connection: Connection): void {
    const writes = connection as unknown as Writes;
    writes.parse({ text: SEE_TENANT });
    writes.bind({ values: [this.tenantId] });
    writes.execute({});
    submitted.prepare.call(this, connection);
  }

  handleDataRow(message: unknown): void {
    if (this.#seesTenant) submitted.handleDataRow.call(this, message);
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#seesTenant) submitted.handleCommandComplete.call(this, message, connection);
    this.#seesTenant = true;
  }
}
