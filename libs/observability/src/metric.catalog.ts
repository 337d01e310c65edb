import { CONVERSATION_TOPICS, WORKFORCE_TOPIC } from '#libs/contracts';
import { REJECTION_CODES, TIMER_KINDS } from '#libs/domain';
import { INTAKE_CODES } from '#libs/intake';
import { APPLY_CODES, type DeadLetterStage, OUTCOME_KINDS } from '#libs/processing';
import { counter, gauge, histogram } from './metric.kinds';

/** Without the deployment's prefix. */
const CONVERSATIONS = Object.values(CONVERSATION_TOPICS);
const INPUTS = [...CONVERSATIONS, WORKFORCE_TOPIC];
const PARTITION = 'its partitions';
const SHARD = '0 to N − 1';
const LOG = ['activity', 'rejection'] as const;

/** Every code a dead letter of this release can have, and its stage. */
export const DEAD_LETTER_CODES: Readonly<Record<string, DeadLetterStage>> = {
  ...INTAKE_CODES,
  ...APPLY_CODES,
};
const DEAD_LETTER_STAGES = ['decode', 'validate', 'flow', 'apply'] as const satisfies DeadLetterStage[];
const TRANSACTION_RESULTS = ['committed', 'conflict', 'outage', 'failed'] as const;
const OUTAGE_SYSTEMS = ['database', 'broker'] as const;
const APPEND_FAILURES = ['duplicate', 'out_of_order', 'unavailable'] as const;

/** Why an activity stream ends. */
const STREAM_ENDS = ['client', 'expired', 'slow', 'stopped', 'failed', 'replaced'] as const;

/** From a single record to the largest `BATCH_SIZE`. */
const RECORDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/** From a millisecond to the database's limit on a transaction. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Every metric of the product's processes. `docs/metrics.md` is this list; `createInstruments` makes them. */
export const METRICS = {
  shards: gauge('shards', 'shards', {}, 'How many shards the deployment has (N).'),
  assignedPartitions: gauge(
    'assigned_partitions',
    'partitions',
    { topic: INPUTS },
    'Partitions this worker has. Over all workers: all of the topic, or nobody reads some of them.',
  ),
  rebalances: counter(
    'rebalances_total',
    'assignments',
    { group: ['conversation-events', 'workforce'] },
    'Assignments this worker was given by its consumer groups.',
  ),
  inputLagRecords: gauge(
    'input_lag_records',
    'records',
    { topic: INPUTS, partition: PARTITION },
    'Records of the partition that are not applied yet, looked up at the broker every 10 s. Of assigned partitions only.',
  ),
  inputLagSeconds: gauge(
    'input_lag_seconds',
    'seconds',
    { topic: INPUTS, partition: PARTITION },
    'Age of the oldest record that is not applied yet, by its own timestamp; 0 when there is none.',
  ),
  batchRecords: histogram(
    'batch_records',
    'records',
    { topic: CONVERSATIONS },
    RECORDS,
    'Records applied together. Near BATCH_SIZE: there is a backlog.',
  ),
  batchDuration: histogram(
    'batch_duration_seconds',
    'seconds',
    { topic: CONVERSATIONS },
    SECONDS,
    'From the first record read to everything stored, waiting for outages included.',
  ),
  events: counter(
    'events_total',
    'records',
    { topic: CONVERSATIONS, outcome: OUTCOME_KINDS },
    'What became of the records of the conversation topics.',
  ),
  otherPayloads: counter(
    'events_other_payload_total',
    'records',
    {},
    'Duplicates with another payload than the one applied: a producer uses ids twice.',
  ),
  tasksCreated: counter('tasks_created_total', 'tasks', {}, 'Tasks created.'),
  flowWarnings: counter(
    'flow_warnings_total',
    'warnings',
    {},
    'What flows could not work out and replaced by a default; each is named in its activity.',
  ),
  rejections: counter(
    'rejections_total',
    'commands',
    { code: REJECTION_CODES },
    'Commands the rules refused.',
  ),
  timersFired: counter(
    'timers_fired_total',
    'timers',
    { kind: TIMER_KINDS },
    'Timers that fired: tasks said to be due soon or overdue, claims whose lease ran out.',
  ),
  timerDelay: gauge(
    'timer_delay_seconds',
    'seconds',
    {},
    'How long the first timer is due that has not fired yet, of assigned shards; 0 when there is none. It waits for the input.',
  ),
  workforceChanges: counter('workforce_changes_total', 'changes', {}, 'Changes of the workforce applied.'),
  deadLetters: counter(
    'dead_letters_total',
    'records',
    { stage: DEAD_LETTER_STAGES, code: 'the codes of the dead letters (operations.md)' },
    'Records put into task-dead-letters. After an outage one may be there, and count, twice.',
  ),
  transactionDuration: histogram(
    'shard_transaction_duration_seconds',
    'seconds',
    {},
    SECONDS,
    'A transaction that committed, of one shard or shared by several, from asking for a connection to the end of the commit.',
  ),
  lockWait: histogram(
    'shard_lock_wait_seconds',
    'seconds',
    {},
    SECONDS,
    "How long the statement that takes the shards' locks took: a round trip, and the wait for whoever has one.",
  ),
  transactions: counter(
    'shard_transactions_total',
    'transactions',
    { result: TRANSACTION_RESULTS },
    'Transactions by how they ended. `conflict`: lost a race for a unique key, decided again. `outage`: tried again. `failed`: ' +
      "some event's fault; who shared it is done again alone, the batch is halved, and the event that stands alone dead-lettered.",
  ),
  poolConnections: gauge(
    'database_pool_connections',
    'connections',
    { pool: ['application', 'operator'], state: ['in_use', 'idle', 'waiting'] },
    'Connections by what they do; `waiting` are requests for one. The operator’s pool is the relay’s.',
  ),
  outageWait: counter(
    'outage_wait_seconds_total',
    'seconds',
    { system: OUTAGE_SYSTEMS },
    'Time that batches and consumers have waited for the database or the broker.',
  ),
  relayDistance: gauge(
    'relay_distance_records',
    'records',
    { log: LOG, shard: SHARD },
    'Entries of the log that are not in its topic yet: the head less the last one published. Of assigned shards only.',
  ),
  relayPublished: counter(
    'relay_published_records_total',
    'records',
    { log: LOG, shard: SHARD },
    'Entries published.',
  ),
  relayAppendDuration: histogram(
    'relay_append_duration_seconds',
    'seconds',
    { log: LOG },
    SECONDS,
    'One produce request of the relay, to the answer of all replicas.',
  ),
  relayAppendFailures: counter(
    'relay_append_failures_total',
    'requests',
    { log: LOG, outcome: APPEND_FAILURES },
    'Produce requests that did not append. `duplicate`, `out_of_order`: the fence kept a second relay from writing, which is well. ' +
      '`unavailable`: the broker did not answer or could not.',
  ),
  httpRequests: histogram(
    'http_request_duration_seconds',
    'seconds',
    { route: 'the routes of the API, as OpenAPI names them', status: 'HTTP statuses' },
    SECONDS,
    'Requests to the API, from their first byte read to the last of their answer handed over. Streams are not among them.',
  ),
  streamListeners: gauge('stream_listeners', 'streams', {}, 'Activity streams that are open.'),
  streamsEnded: counter(
    'streams_ended_total',
    'streams',
    { reason: STREAM_ENDS },
    'Activity streams by why they ended. `slow`: the listener did not take what it was sent. `expired`: its token did. `failed`: the ' +
      'database could not be read. `replaced`: the log is shorter than it was, hence another one.',
  ),
} as const;
