import { type Admin, ConfigResourceTypes } from 'kafkajs';

/** Shorter ones end the sessions of workers that live, on a machine that does much else. */
const SHORTEST_MS = 2_000;

/** The shortest session timeout that this broker accepts and that a busy machine keeps, milliseconds. */
export async function shortestSessionTimeout(admin: Admin): Promise<number> {
  const { brokers } = await admin.describeCluster();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [
      {
        type: ConfigResourceTypes.BROKER,
        name: String(brokers[0]!.nodeId),
        configNames: ['group.min.session.timeout.ms'],
      },
    ],
  });
  const [least] = resources.flatMap(({ configEntries }) => configEntries);
  return Math.max(SHORTEST_MS, Number(least?.configValue ?? 6_000));
}
