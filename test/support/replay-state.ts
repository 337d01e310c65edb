import { type TestDeployment } from '#libs/testing';

/** Everything that a replay could change. */
export async function stateOf(deployment: TestDeployment) {
  return {
    ends: await deployment.outputEnds(),
    rows: await deployment.rowCounts(),
    // Including when each was recorded: a row written again would differ.
    contents: await deployment.contentHashes(),
    heads: await deployment.query('select * from shard_head order by shard'),
    people: await deployment.query('select * from workforce_entry order by tenant_id, kind, id'),
  };
}

export type ReplayState = Awaited<ReturnType<typeof stateOf>>;
