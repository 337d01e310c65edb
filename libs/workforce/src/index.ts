export * from './publish.workforce';
export * from './workforce.applied';
