import { checkDatabase, DeploymentStore, UnfitDatabase } from '#libs/persistence';
import { DEFAULT_SHARDS } from '#libs/settings';
import { withDataSource } from '../connections';
import { explain } from '../explain';
import { type MigrateOptions, shardsAreFixed } from './migrate';
import { checkContractTopics } from './topics';

/** What `migrate` would do or object to, one line each; empty when everything is as it must be. Writes nothing. */
export async function checkMigrated({
  kafka,
  topicPrefix,
  databaseUrl,
  shards: wanted,
}: Omit<MigrateOptions, 'ownerUrl'>): Promise<string[]> {
  const findings: string[] = [];
  let stored: number | null = null;
  try {
    await withDataSource({ url: databaseUrl }, async (db) => {
      await checkDatabase(db);
      stored = (await new DeploymentStore(db).find())?.shards ?? null;
      if (stored === null) findings.push('shards and producer id are not stored yet');
    });
  } catch (error) {
    findings.push(error instanceof UnfitDatabase ? error.message : explain(error).line);
  }
  if (stored !== null && wanted !== null && wanted !== stored)
    findings.push(shardsAreFixed(wanted, stored).message);
  const { missing, differences } = await checkContractTopics(
    kafka,
    topicPrefix,
    stored ?? wanted ?? DEFAULT_SHARDS,
  );
  findings.push(...missing.map((name) => `topic ${name} is missing`), ...differences);
  return findings;
}
