export * from './eventually';
export * from './log-topic.contract';
export * from './memory.log-source';
export * from './memory.log-topic';
export * from './published-record';
export * from './relay.fixture';
