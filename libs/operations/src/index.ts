export * from './letter.copies';
export * from './letter.topic';
export * from './processing.ports';
export * from './redrive.dead-letters';
export * from './replay.operation';
export * from './select.letters';
export * from './workforce.read';
