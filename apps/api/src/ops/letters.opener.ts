import { type Kafka } from 'kafkajs';
import { isBrokerOutage, NothingCame } from '#libs/messaging';
import { KafkaLetterTopic } from '#libs/operations';
import { type RawRecord } from '#libs/processing';
import { problem } from '../http/problem';

/** How long a request may read the topic; a process that is told to stop waits for it. */
const READ_WITHIN_MS = 8_000;
/** The next records come within it, or the broker is away. */
const RECORDS_WITHIN_MS = 5_000;
/** Each has a consumer of its own, which costs the broker more than a request costs who makes it. */
const AT_ONCE = 4;

/** The topic as one request reads it. */
export interface OpenLetters {
  topic: KafkaLetterTopic;
  /** Whether the request has time left. */
  goesOn(): boolean;
}

/** Opens the dead letters' topic, for a few requests at once and no longer than a request may last. */
export class LettersOpener {
  #open = 0;

  constructor(
    private readonly kafka: Kafka,
    private readonly topicPrefix: string,
  ) {}

  /**
   * Runs `work` with the topic as it now is.
   *
   * @throws RequestProblem `too_many_requests` while as many as may be are under way; `unavailable` when the broker is away.
   */
  async with<T>(work: (open: OpenLetters) => Promise<T>): Promise<T> {
    if (this.#open >= AT_ONCE)
      throw problem('too_many_requests', `the dead letters are read by ${AT_ONCE} requests already`, {
        retryAfter: 2,
      });
    this.#open += 1;
    const until = Date.now() + READ_WITHIN_MS;
    const goesOn = () => Date.now() < until;
    try {
      return await KafkaLetterTopic.with(this.kafka, this.topicPrefix, (topic) => work({ topic, goesOn }), {
        withinMs: RECORDS_WITHIN_MS,
      });
    } catch (error) {
      if (!isBrokerOutage(error) && !(error instanceof NothingCame)) throw error;
      throw problem('unavailable', 'Kafka cannot be reached', { retryAfter: 2, cause: error });
    } finally {
      this.#open -= 1;
    }
  }
}

/**
 * The topic for who goes through all of it.
 *
 * @throws RequestProblem `unavailable` on the way, when it takes too long.
 */
export function boundedTopic({ topic, goesOn }: OpenLetters) {
  return {
    partitions: topic.partitions,
    async *read(partition: number): AsyncGenerator<RawRecord[]> {
      for await (const records of topic.read(partition)) {
        if (!goesOn()) throw tooMany();
        yield records;
      }
    },
  };
}

const tooMany = () =>
  problem(
    'unavailable',
    `the topic has more dead letters than can be gone through in ${READ_WITHIN_MS / 1_000} s: take the command line (npm run cli -- dead-letters)`,
  );
