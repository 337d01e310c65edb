export * from './answers';
export * from './dry-run';
export * from './flows';
export * from './lag';
export * from './problem.table';
export * from './queries';
export * from './task.bodies';
export * from './workforce.answers';
