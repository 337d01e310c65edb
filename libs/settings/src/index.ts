export * from './environment.reader';
export * from './settings';
export * from './settings.error';
