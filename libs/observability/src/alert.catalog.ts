import { METRICS } from './metric.catalog';

/** What Prometheus is to watch, and what it means when it is so. What to do is in `docs/operations.md`, under the alert's name. */
export interface Alert {
  name: string;
  /** PromQL. */
  expr: string;
  /** How long it must be so. */
  for: string;
  /** `page`: somebody should look now. `ticket`: somebody should look. */
  severity: 'page' | 'ticket';
  meaning: string;
}

const n = Object.fromEntries(Object.entries(METRICS).map(([key, { name }]) => [key, name])) as Record<
  keyof typeof METRICS,
  string
>;
const quantile = (q: number, name: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${name}_bucket[5m])))`;

/** Codes of dead letters that are this service's own fault, or its operators', and never a producer's. */
const OWN_FAULTS = 'intake_failed|not_applicable|flow_unreadable';

export const ALERTS: readonly Alert[] = [
  {
    name: 'ConversationTasksNoWorker',
    expr: `absent(${n.shards} > 0)`,
    for: '2m',
    severity: 'page',
    meaning: 'No worker answers, or none has its database yet: nothing is applied.',
  },
  {
    name: 'ConversationTasksPartitionsUnread',
    expr: `sum(${n.assignedPartitions}{topic!="workforce"}) < 3 * max(${n.shards})`,
    for: '3m',
    severity: 'page',
    meaning: 'Some partitions of the conversation topics have no worker that answers.',
  },
  {
    name: 'ConversationTasksStalled',
    expr:
      `sum by (topic) (min_over_time(${n.inputLagRecords}{topic!="workforce"}[3m])) > 0 ` +
      `unless sum by (topic) (rate(${n.events}[3m])) > 0`,
    for: '2m',
    severity: 'page',
    meaning: 'There are records, and none of the topic is applied.',
  },
  {
    name: 'ConversationTasksInputLate',
    expr: `max by (topic, partition) (${n.inputLagSeconds}) > 300`,
    for: '5m',
    severity: 'page',
    meaning:
      'A partition is more than five minutes behind: too few workers, a hot partition, or a slow database.',
  },
  {
    name: 'ConversationTasksOutage',
    expr: `sum by (system) (rate(${n.outageWait}[2m])) > 0.1`,
    for: '2m',
    severity: 'page',
    meaning: 'Workers wait for the database or the broker (label `system`). Nothing is lost meanwhile.',
  },
  {
    name: 'ConversationTasksRelayStalled',
    expr:
      `max by (log, shard) (min_over_time(${n.relayDistance}[3m])) > 0 ` +
      `unless sum by (log, shard) (rate(${n.relayPublished}[3m])) > 0`,
    for: '2m',
    severity: 'page',
    meaning:
      'A log has entries that its topic does not get: consumers of task-activity hear nothing of these conversations.',
  },
  {
    name: 'ConversationTasksRelayBehind',
    expr: `max by (log, shard) (${n.relayDistance}) > 10000`,
    for: '5m',
    severity: 'ticket',
    meaning: 'Publishing does not keep up with what is applied.',
  },
  {
    name: 'ConversationTasksTimersLate',
    expr: `max(${n.timerDelay}) > 300`,
    for: '5m',
    severity: 'page',
    meaning:
      'Tasks that are due are not said to be: timers wait for a partition that does not get on, or fail.',
  },
  {
    name: 'ConversationTasksDeadLetters',
    expr: `sum by (stage, code) (increase(${n.deadLetters}{code!~"${OWN_FAULTS}"}[15m])) > 0`,
    for: '0m',
    severity: 'ticket',
    meaning: 'A producer sends what cannot be read; the code says why.',
  },
  {
    name: 'ConversationTasksOwnFaults',
    expr: `sum by (code) (increase(${n.deadLetters}{code=~"${OWN_FAULTS}"}[15m])) > 0`,
    for: '0m',
    severity: 'page',
    meaning:
      'Events were dead-lettered by a fault of this service, of the database’s schema, or of a stored flow.',
  },
  {
    name: 'ConversationTasksUnknownTypes',
    expr: `sum by (topic) (increase(${n.events}{outcome="skipped"}[1h])) > 0`,
    for: '0m',
    severity: 'ticket',
    meaning:
      'Events of a type nobody here knows are skipped: a typing error, or a producer ahead of this release.',
  },
  {
    name: 'ConversationTasksIdsUsedTwice',
    expr: `sum(increase(${n.otherPayloads}[1h])) > 0`,
    for: '0m',
    severity: 'ticket',
    meaning: 'A producer sent another payload under a known identity; the second one counts for nothing.',
  },
  {
    name: 'ConversationTasksFlowsStumble',
    expr: `sum(rate(${n.flowWarnings}[1h])) > 0.1 * sum(rate(${n.tasksCreated}[1h]))`,
    for: '1h',
    severity: 'ticket',
    meaning:
      'Flows often do without what they ask for: an input changed its name, or a team or calendar is gone.',
  },
  {
    name: 'ConversationTasksTransactionsFail',
    expr: `sum by (result) (rate(${n.transactions}{result=~"failed|conflict"}[5m])) > 1`,
    for: '10m',
    severity: 'ticket',
    meaning: 'Batches are halved (`failed`) or decided again (`conflict`) so often that it costs speed.',
  },
  {
    name: 'ConversationTasksLockContended',
    expr: `${quantile(0.99, n.lockWait)} > 1`,
    for: '10m',
    severity: 'ticket',
    meaning: 'Transactions wait more than a second for their shard: somebody holds it for long.',
  },
  {
    name: 'ConversationTasksPoolExhausted',
    expr: `max by (pool) (min_over_time(${n.poolConnections}{state="waiting"}[2m])) > 0`,
    for: '5m',
    severity: 'ticket',
    meaning: 'Work waits for a connection: CONCURRENCY is above DATABASE_POOL, or the database is slow.',
  },
  {
    name: 'ConversationTasksRebalancing',
    expr: `max by (group) (increase(${n.rebalances}[15m])) > 5`,
    for: '0m',
    severity: 'ticket',
    meaning: 'The group is shared out again and again: workers die, or are too busy to be heard of.',
  },
  {
    name: 'ConversationTasksEventLoopBlocked',
    expr: `nodejs_eventloop_lag_p99_seconds > 1 and on (instance, job) ${n.shards}`,
    for: '5m',
    severity: 'ticket',
    meaning:
      'A worker computes for more than a second at a time: it has too little CPU, or a flow is costly.',
  },
];
