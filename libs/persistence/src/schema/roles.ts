import { type DataSource } from 'typeorm';
import { DEPLOYMENT_TABLES, TENANT_TABLES } from './tables';

/** The application's login role, from `DATABASE_URL`. */
export interface ApplicationRole {
  name: string;
  password: string;
}

/**
 * The role that the relay, `verify` and operators' commands take with `set role`: it reads every tenant's rows and changes none of
 * a task's. The application may take it, and does not have its rights before it does.
 */
export function operatorRoleOf(applicationRole: string): string {
  return `${applicationRole}_operator`;
}

/** The setting that names the tenants a transaction may see. */
export const TENANTS_SETTING = 'conversation_tasks.tenants';

/**
 * Makes the roles if they are missing, and grants and policies as this release needs them. Safe to run again: `migrate` does, each
 * time, since rights follow the tables.
 *
 * @param owner connected as the owner of the tables, allowed to create roles.
 */
export async function ensureRoles(owner: DataSource, app: ApplicationRole): Promise<void> {
  const operator = operatorRoleOf(app.name);
  const [appId, operatorId] = [quoted(app.name), quoted(operator)];
  const all = [...TENANT_TABLES, ...DEPLOYMENT_TABLES];
  await owner.transaction(async (tx) => {
    // Roles belong to the whole server: two deployments that migrate at once must not both create them.
    await tx.query(`select pg_advisory_xact_lock(hashtext('conversation-tasks roles'))`);
    await createRole(tx, app.name, `login noinherit password ${literal(app.password)}`);
    await createRole(tx, operator, 'nologin');
    await tx.query(`grant ${operatorId} to ${appId} with inherit false, set true`);
    await tx.query(`grant usage on schema public to ${appId}, ${operatorId}`);
    await tx.query(`grant select on ${all.join(', ')} to ${appId}, ${operatorId}`);
    await tx.query(
      `grant insert on tenant_revision, workforce_entry, flow_version, conversation, conversation_message, conversation_outcome,
         applied_event, task, activity_log, rejection_log, input_position to ${appId}`,
    );
    await tx.query(
      `grant update on tenant_revision, workforce_entry, conversation, task, shard_head, input_position to ${appId}`,
    );
    // What `reset --positions` needs, and nothing more.
    await tx.query(`grant delete on input_position to ${operatorId}`);
    await tx.query(`grant update (body, source_offset) on workforce_entry to ${operatorId}`);
    await tx.query(`grant update (workforce) on tenant_revision to ${operatorId}`);
    await tx.query(`grant insert, update on operation to ${operatorId}`);
    await tx.query(`grant insert on dead_letter_result to ${operatorId}`);
    for (const table of TENANT_TABLES) {
      await tx.query(`alter table ${table} enable row level security`);
      await tx.query(`alter table ${table} force row level security`);
      await tx.query(`drop policy if exists own_tenants on ${table}`);
      await tx.query(`drop policy if exists every_tenant on ${table}`);
      // After a transaction that set it, the setting is empty, not absent; the sub-select makes it one evaluation a statement. Inside
      // `coalesce` the condition is no index's: every statement names its tenants itself, and with both conditions to go by the
      // planner took a tenant of thousands of tasks for one of a single task, and any index for as good as the key's (170 ms, not 3).
      await tx.query(
        `create policy own_tenants on ${table} to ${appId} using (coalesce(tenant_id = any ((select nullif(current_setting('${TENANTS_SETTING}', true), '')::text[])::text[]), false))`,
      );
      await tx.query(`create policy every_tenant on ${table} for select to ${operatorId} using (true)`);
    }
    await tx.query(`grant execute on function rarest_word, tasks_with_word to ${appId}`);
    const [{ owner: searcher }] = (await tx.query(
      `select proowner::regrole::text as owner from pg_proc where oid = 'tasks_with_word'::regproc`,
    )) as [{ owner: string }];
    // The functions name the tenant; a condition of row-level security before its own would keep it from the indexes.
    for (const table of ['task', 'conversation']) {
      await tx.query(`drop policy if exists search on ${table}`);
      await tx.query(`create policy search on ${table} for select to ${searcher} using (true)`);
    }
    for (const table of ['workforce_entry', 'tenant_revision']) {
      await tx.query(`drop policy if exists forget_every_tenant on ${table}`);
      await tx.query(
        `create policy forget_every_tenant on ${table} for update to ${operatorId} using (true)`,
      );
    }
  });
}

async function createRole(
  tx: { query(sql: string, parameters?: unknown[]): Promise<unknown[]> },
  name: string,
  options: string,
): Promise<void> {
  const found = await tx.query('select 1 from pg_roles where rolname = $1', [name]);
  if (found.length === 0) await tx.query(`create role ${quoted(name)} ${options}`);
}

const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
