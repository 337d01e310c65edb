export * from './log';
export * from './log-topic';
export * from './producer-identity';
export * from './relay';
export * from './relay-stopped.error';
export { type RelayLogger } from './shard.mirror';
