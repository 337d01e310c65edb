import { type Kafka } from 'kafkajs';
import { endOffsets, groupOffsets, isBrokerOutage } from '#libs/messaging';
import { type LagReport, type LagSources, readLag } from '#libs/observability';
import { type DeploymentStore } from '#libs/persistence';
import { type Settings } from '#libs/settings';
import { problem } from '../http/problem';

const OUTAGE_RETRY_AFTER = 2;

/** Asks broker and database what is still to be read and to be published. */
export class LagReader {
  constructor(
    private readonly kafka: Kafka,
    private readonly stores: Pick<LagSources, 'positions' | 'logs'> & { deployments: DeploymentStore },
    private readonly settings: Pick<Settings, 'topicPrefix' | 'kafkaGroupId'>,
  ) {}

  /** @throws RequestProblem `unavailable` when the broker does not answer. */
  async read(): Promise<LagReport> {
    const { topicPrefix, kafkaGroupId } = this.settings;
    const { deployments, ...stores } = this.stores;
    const { shards } = await deployments.load();
    const sources: LagSources = {
      ...stores,
      shards,
      endOffsets: (topic) => endOffsets(this.kafka, topicPrefix, topic),
      groupOffsets: (group, topic) => groupOffsets(this.kafka, topicPrefix, group, topic),
    };
    try {
      return await readLag(sources, kafkaGroupId);
    } catch (error) {
      if (!isBrokerOutage(error)) throw error;
      throw problem('unavailable', 'Kafka cannot be reached', {
        retryAfter: OUTAGE_RETRY_AFTER,
        cause: error,
      });
    }
  }
}
