/* eslint-disable @typescript-eslint/no-require-imports */

/**
 * What commands need, loaded when a command runs: TypeORM, kafkajs and CEL take most of a second, `--help` and a mistyped
 * option should not. `require` and not `import()`, which SWC leaves to Node and Node would resolve to other files than jest.
 */
export const load = {
  applyFlows: () => require('../flows/apply.flows') as typeof import('../flows/apply.flows'),
  applyWorkforce: () =>
    require('../workforce/apply.workforce') as typeof import('../workforce/apply.workforce'),
  cliError: () => require('../cli.error') as typeof import('../cli.error'),
  contracts: () => require('#libs/contracts') as typeof import('#libs/contracts'),
  connections: () => require('../connections') as typeof import('../connections'),
  decodedRecord: () =>
    require('../dead-letters/decoded.record') as typeof import('../dead-letters/decoded.record'),
  dryRunFlow: () => require('../flows/dry-run.flow') as typeof import('../flows/dry-run.flow'),
  dryRunText: () => require('../flows/dry-run.text') as typeof import('../flows/dry-run.text'),
  eventSentence: () => require('../events/event.sentence') as typeof import('../events/event.sentence'),
  eventsFile: () => require('../events/events.file') as typeof import('../events/events.file'),
  inputRange: () => require('../replay/input.range') as typeof import('../replay/input.range'),
  interleave: () => require('../events/interleave') as typeof import('../events/interleave'),
  lag: () => require('../lag/lag') as typeof import('../lag/lag'),
  lagTable: () => require('../lag/lag.table') as typeof import('../lag/lag.table'),
  letters: () => require('#libs/dead-letters') as typeof import('#libs/dead-letters'),
  letterText: () => require('../dead-letters/letter.text') as typeof import('../dead-letters/letter.text'),
  localIssuer: () => require('../token/local.issuer') as typeof import('../token/local.issuer'),
  migrate: () => require('../migrate/migrate') as typeof import('../migrate/migrate'),
  migrateCheck: () => require('../migrate/migrate.check') as typeof import('../migrate/migrate.check'),
  noWorkers: () => require('../reset/no.workers') as typeof import('../reset/no.workers'),
  operations: () => require('#libs/operations') as typeof import('#libs/operations'),
  operatorPatience: () =>
    require('../dead-letters/operator.patience') as typeof import('../dead-letters/operator.patience'),
  persistence: () => require('#libs/persistence') as typeof import('#libs/persistence'),
  planReplay: () => require('../replay/plan.replay') as typeof import('../replay/plan.replay'),
  previewCalendars: () =>
    require('../workforce/preview.calendars') as typeof import('../workforce/preview.calendars'),
  previewText: () => require('../workforce/preview.text') as typeof import('../workforce/preview.text'),
  processingPorts: () =>
    require('../applying/processing.ports') as typeof import('../applying/processing.ports'),
  progress: () => require('../progress') as typeof import('../progress'),
  publishedTopics: () => require('../reset/published.topics') as typeof import('../reset/published.topics'),
  publishEvents: () => require('../events/publish.events') as typeof import('../events/publish.events'),
  rebuild: () => require('../rebuild/rebuild') as typeof import('../rebuild/rebuild'),
  rebuildText: () => require('../rebuild/rebuild.text') as typeof import('../rebuild/rebuild.text'),
  recordJson: () => require('../dead-letters/record.json') as typeof import('../dead-letters/record.json'),
  recordText: () => require('../events/record.text') as typeof import('../events/record.text'),
  redrive: () =>
    require('../dead-letters/redrive.dead-letters') as typeof import('../dead-letters/redrive.dead-letters'),
  selectLetters: () =>
    require('../dead-letters/select.letters') as typeof import('../dead-letters/select.letters'),
  replayText: () => require('../replay/replay.text') as typeof import('../replay/replay.text'),
  republish: () => require('../republish/republish') as typeof import('../republish/republish'),
  republishTarget: () =>
    require('../republish/republish.target') as typeof import('../republish/republish.target'),
  rules: () => require('../rules/rules.page') as typeof import('../rules/rules.page'),
  runOperation: () => require('../operations/run.operation') as typeof import('../operations/run.operation'),
  simulate: () => require('../simulate/simulate') as typeof import('../simulate/simulate'),
  stack: () => require('../stack') as typeof import('../stack'),
  tailTopic: () => require('../events/tail.topic') as typeof import('../events/tail.topic'),
  terminalText: () =>
    require('../dead-letters/terminal.text') as typeof import('../dead-letters/terminal.text'),
  topicPartitions: () => require('../events/topic.partitions') as typeof import('../events/topic.partitions'),
  verdictText: () => require('../dead-letters/verdict.text') as typeof import('../dead-letters/verdict.text'),
  verify: () => require('../verify/verify') as typeof import('../verify/verify'),
  withLetters: () => require('../dead-letters/with.letters') as typeof import('../dead-letters/with.letters'),
  workforceRead: () => require('../applying/workforce.read') as typeof import('../applying/workforce.read'),
  workersPositions: () =>
    require('../replay/workers.positions') as typeof import('../replay/workers.positions'),
};
