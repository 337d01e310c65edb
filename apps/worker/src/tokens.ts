/** What is injected by name, because a class says too little or TypeScript erases it. */
export const SETTINGS = Symbol('Settings');
export const KAFKA = Symbol('Kafka');
export const INSTRUMENTS = Symbol('Instruments');
export const TRACING = Symbol('Tracing');
export const DEAD_LETTERS = Symbol('DeadLetters');
export const CONSEQUENCES = Symbol('ConsequencePorts');
export const PROCESSING = Symbol('ProcessingPorts');
