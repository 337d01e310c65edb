import { KafkaJSNonRetriableError } from 'kafkajs';

/**
 * Fetched records that no retry makes readable: damaged, or larger than we are willing to hold. It is a kafkajs error that
 * is not retriable so that the consumer crashes with it at once, which stops the process with this message.
 */
export class RecordsUnreadableError extends KafkaJSNonRetriableError {
  override readonly name = 'RecordsUnreadableError';
}
