/* eslint-disable @typescript-eslint/no-require-imports */

/**
 * What commands need, loaded when a command runs: TypeORM, kafkajs and CEL take most of a second, `--help` and a mistyped
 * option should not. `require` and not `import()`, which SWC leaves to Node and Node would resolve to other files than jest.
 */
export const load = {
  applyFlows: () => require('../flows/apply.flows') as typeof import('../flows/apply.flows'),
  applyWorkforce: () =>
    require('../workforce/apply.workforce') as typeof import('../workforce/apply.workforce'),
  contracts: () => require('#libs/contracts') as typeof import('#libs/contracts'),
  connections: () => require('../connections') as typeof import('../connections'),
  deadLetters: () =>
    require('../dead-letters/list.dead-letters') as typeof import('../dead-letters/list.dead-letters'),
  eventSentence: () => require('../events/event.sentence') as typeof import('../events/event.sentence'),
  eventsFile: () => require('../events/events.file') as typeof import('../events/events.file'),
  interleave: () => require('../events/interleave') as typeof import('../events/interleave'),
  lag: () => require('../lag/lag') as typeof import('../lag/lag'),
  lagTable: () => require('../lag/lag.table') as typeof import('../lag/lag.table'),
  migrate: () => require('../migrate/migrate') as typeof import('../migrate/migrate'),
  migrateCheck: () => require('../migrate/migrate.check') as typeof import('../migrate/migrate.check'),
  persistence: () => require('#libs/persistence') as typeof import('#libs/persistence'),
  progress: () => require('../progress') as typeof import('../progress'),
  publishEvents: () => require('../events/publish.events') as typeof import('../events/publish.events'),
  recordText: () => require('../events/record.text') as typeof import('../events/record.text'),
  simulate: () => require('../simulate/simulate') as typeof import('../simulate/simulate'),
  stack: () => require('../stack') as typeof import('../stack'),
  tailTopic: () => require('../events/tail.topic') as typeof import('../events/tail.topic'),
  topicPartitions: () => require('../events/topic.partitions') as typeof import('../events/topic.partitions'),
  verify: () => require('../verify/verify') as typeof import('../verify/verify'),
};
