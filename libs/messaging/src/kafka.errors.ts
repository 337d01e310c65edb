/** Errors that mean the member must join its group again (kafkajs names them so, and does it). */
const MEMBERSHIP_ENDS = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
]);

/** kafkajs calls these not retriable, since it has retried enough; for us they are a broker that is not there yet. */
const BROKER_NOT_READY = new Set([
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  'KafkaJSNoBrokerAvailableError',
]);

interface KafkaError {
  name?: string;
  type?: string;
  retriable?: boolean;
  cause?: unknown;
}

/** Whether the broker no longer takes this member for a current one. */
export function endsMembership(error: unknown): boolean {
  return MEMBERSHIP_ENDS.has((error as KafkaError | null)?.type ?? '');
}

/** Whether waiting helps: a broker that is down, starting, electing or moving. False for a refusal or an unreadable record. */
export function isBrokerOutage(error: unknown): boolean {
  const original = originOf(error) as KafkaError;
  return original.retriable === true || BROKER_NOT_READY.has(original.name ?? '') || endsMembership(original);
}

/** What the broker says of a record it will never take, however often it is asked. */
const REFUSED_FOR_GOOD = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
]);

/** The broker's word for it when it will not take a record, whatever is waited for; undefined for anything that may pass. */
export function refusalForGood(error: unknown): string | undefined {
  const { type = '' } = originOf(error) as KafkaError;
  return REFUSED_FOR_GOOD.has(type) ? type : undefined;
}

/** What an operator is told is being waited for. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error;
  const missing = (originOf(error) as KafkaError).type === 'UNKNOWN_TOPIC_OR_PARTITION';
  return missing ? `${message} (topics are made by: npm run cli -- migrate)` : message;
}

function originOf(error: unknown): unknown {
  const { cause } = error as KafkaError;
  return cause == null ? error : originOf(cause);
}
