export * from './task.finder';
export * from './data-source';
export * from './database.probe';
export * from './dead-letter-result.store';
export * from './deployment.store';
export * from './flow.store';
export * from './input-position.store';
export * from './log.notifications';
export {
  EVENT_SOURCE,
  entryOf,
  LOG_SELECT,
  type LogRow,
  PostgresLogSource,
  type ShardRange,
} from './log.source';
export * from './operation.store';
export * from './origin-key';
export * from './pool.use';
export { type RebuiltIdentity } from './rebuild.columns';
export {
  type ActivityPage,
  ActivityReader,
  type LoggedActivity,
  type PageSize,
} from './reading/activity.reader';
export { ConversationReader } from './reading/conversation.reader';
export { FlowReader } from './reading/flow.reader';
export { type Keyset, type Page } from './reading/keyset';
export { OutcomeReader } from './reading/outcome.reader';
export { TaskLists } from './reading/task.lists';
export { type TaskSort } from './reading/task.order';
export { type TaskQuestion } from './reading/task.question';
export { type TaskActivity, TaskReader } from './reading/task.reader';
export { TenantReader } from './reading/tenant.reader';
export { WorkforceReader } from './reading/workforce.reader';
export * from './rebuild.store';
export * from './row.readers';
export * from './service.connections';
export * from './schema/migrate';
export * from './schema/roles';
export * from './schema/tables';
export { PostgresShardStore } from './shard.store';
export * from './standing.store';
export * from './start-up.checks';
export * from './store.errors';
export * from './timer.source';
export * from './workforce.store';
