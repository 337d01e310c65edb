import { type DataSource } from 'typeorm';
import { checkTenantFlows, compileFlow, type FlowDefinition } from '#libs/flows';
import { checkDatabase, FlowStore } from '#libs/persistence';
import { CliError } from '../cli.error';
import { readJsonFile } from '../json.file';

export interface AppliedFlow {
  id: string;
  version: number;
  became: 'created' | 'changed' | 'unchanged';
}

/** The flows of a file, one or a list, checked. @throws CliError with every problem and its place. */
export async function readFlowsFile(path: string, otherwise?: string): Promise<FlowDefinition[]> {
  const content = await readJsonFile(path);
  return checkFlows(Array.isArray(content) ? content : [content], otherwise);
}

/**
 * @param otherwise what follows from a problem.
 * @throws CliError with every problem and its place.
 */
export function checkFlows(flows: readonly unknown[], otherwise = 'nothing was saved'): FlowDefinition[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const checked = flows.flatMap((flow, i) => {
    const compiled = compileFlow(flow);
    const name = idOf(flow) ?? `flow ${i + 1}`;
    if (!compiled.ok)
      problems.push(...compiled.problems.map(({ path, message }) => `${name}: ${path} ${message}`));
    else if (seen.has(name)) problems.push(`${name}: is in the file twice`);
    seen.add(name);
    return compiled.ok ? [compiled.flow.definition] : [];
  });
  if (flows.length === 0) problems.push('there is no flow in it');
  if (problems.length > 0) throw new CliError(`${otherwise}:\n  ${problems.join('\n  ')}`);
  return checked;
}

/**
 * Saves flows, all or none. When it resolves, every batch that begins later sees them.
 * @throws CliError when all flows of the tenant together would be too many.
 */
export async function applyFlows(
  db: DataSource,
  tenantId: string,
  flows: readonly FlowDefinition[],
): Promise<AppliedFlow[]> {
  await checkDatabase(db);
  const saved = await new FlowStore(db).save(tenantId, flows, (after, before) => {
    const problem = checkTenantFlows(after, before);
    if (problem)
      throw new CliError(`nothing was saved: ${problem.path} ${problem.message}`.replace('  ', ' '));
  });
  return saved.map(({ id, version, changed }) => ({
    id,
    version,
    became: !changed ? 'unchanged' : version === 1 ? 'created' : 'changed',
  }));
}

function idOf(flow: unknown): string | undefined {
  const id = (flow as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : undefined;
}
