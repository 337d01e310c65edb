import { type Kafka } from 'kafkajs';
import { endOffsets, type PartitionOffsets } from '#libs/messaging';
import { pause } from '#libs/operations';

const LOOK_AGAIN_MS = 200;

/**
 * A topic's ends, once the relay has published as far as the log went, or when patience ends.
 *
 * @param heads by shard: the log's last position.
 */
export async function publishedEnds(
  kafka: Kafka,
  { name, topicPrefix }: { name: string; topicPrefix: string },
  heads: ReadonlyMap<number, number>,
  patienceMs: number,
): Promise<Map<number, PartitionOffsets>> {
  for (const deadline = Date.now() + patienceMs; ; await pause(LOOK_AGAIN_MS)) {
    const ends = new Map((await endOffsets(kafka, topicPrefix, name)).map((each) => [each.partition, each]));
    const behind = [...heads].some(([shard, head]) => (ends.get(shard)?.end ?? 0n) < BigInt(head));
    if (!behind || Date.now() >= deadline) return ends;
  }
}
