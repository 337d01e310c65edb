export * from './environment.reader';
export * from './api.settings';
export {
  type AvailableSettings,
  DEFAULT_SHARDS,
  LOG_LEVELS,
  type LogLevel,
  readAvailableSettings,
  readSettings,
  type Settings,
  WORKER_MANAGEMENT_PORT,
} from './settings';
export * from './settings.error';
