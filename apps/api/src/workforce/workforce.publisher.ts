import { type Kafka } from 'kafkajs';
import { isBrokerOutage } from '#libs/messaging';
import { type InputPositionStore } from '#libs/persistence';
import { OversizedItem, publishWorkforce, workforceApplied, type WorkforceItem } from '#libs/workforce';
import { problem } from '../http/problem';

/** How long a worker has for applying it. */
const WITHIN_MS = 10_000;

/** Publishes changes of the workforce, whose truth is its topic, and waits until they are in force. */
export class WorkforcePublisher {
  constructor(
    private readonly kafka: Kafka,
    private readonly topicPrefix: string,
    private readonly positions: InputPositionStore,
  ) {}

  /**
   * @param wait whether until a worker has applied it.
   * @throws RequestProblem `too_large`; `unavailable` when the broker is away, or no worker applies it in time.
   */
  async publish(tenantId: string, item: WorkforceItem, source: string, wait: boolean): Promise<void> {
    const offset = await this.#send(tenantId, item, source);
    if (!wait || (await workforceApplied(this.positions, offset, WITHIN_MS))) return;
    throw problem(
      'unavailable',
      `it is published and not lost, but no worker has applied it within ${WITHIN_MS / 1_000} s: see that one runs`,
      { retryAfter: 5 },
    );
  }

  async #send(tenantId: string, item: WorkforceItem, source: string): Promise<bigint> {
    try {
      return await publishWorkforce({ kafka: this.kafka, topicPrefix: this.topicPrefix, source }, tenantId, [
        item,
      ]);
    } catch (error) {
      if (error instanceof OversizedItem) throw problem('too_large', error.message);
      if (!isBrokerOutage(error)) throw error;
      throw problem('unavailable', 'Kafka cannot be reached: nothing is known to have changed', {
        retryAfter: 5,
        cause: error,
      });
    }
  }
}
