export * from './event.builder';
export * from './memory-shard.store';
export * from './test-database';
