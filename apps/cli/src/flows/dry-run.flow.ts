import { type DataSource } from 'typeorm';
import { compileFlow, type FlowDefinition } from '#libs/flows';
import { checkDatabase, OutcomeReader, TenantReader } from '#libs/persistence';
import {
  dryRun,
  type DryRunBounds,
  type DryRunProgress,
  type DryRunResult,
  placeDraft,
  TenantDirectory,
} from '#libs/processing';
import { CliError, EXIT } from '../cli.error';

/** The one flow that is meant. @throws CliError when that cannot be told. */
export function oneOf(flows: readonly FlowDefinition[], id: string | undefined): FlowDefinition {
  const meant = id === undefined ? flows : flows.filter((flow) => flow.id === id);
  if (meant.length === 1) return meant[0]!;
  const ids = flows.map((flow) => flow.id).join(', ');
  throw id === undefined
    ? new CliError(`there are ${flows.length} flows in it`, `Say which with --flow: ${ids}`, EXIT.usage)
    : new CliError(`there is no flow ${id} in it`, `Those in it are ${ids}`, EXIT.usage);
}

/**
 * Tries a draft on a tenant's stored outcomes. Writes nothing.
 *
 * @throws CliError when it could not be saved; StoreOutage.
 */
export async function dryRunFlow(
  db: DataSource,
  tenantId: string,
  draft: FlowDefinition,
  bounds: DryRunBounds,
  onProgress: (progress: DryRunProgress) => void,
): Promise<DryRunResult> {
  await checkDatabase(db);
  const compiled = compileFlow(draft);
  if (!compiled.ok) throw new CliError(`${draft.id}: ${compiled.problems[0]!.message}`);
  const placing = await placeDraft(tenantId, compiled.flow, new TenantReader(db), new TenantDirectory());
  if (!placing.ok) {
    const { path, message } = placing.problem;
    throw new CliError(`it could not be saved: ${path} ${message}`.replace('  ', ' '));
  }
  const never = new AbortController().signal;
  return dryRun(placing.placed, new OutcomeReader(db), bounds, { onProgress, signal: never });
}
