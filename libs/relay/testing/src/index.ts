export * from './eventually';
export * from './log-topic.contract';
export * from './memory.log-source';
export * from './memory.log-topic';
export * from './relay.fixture';
