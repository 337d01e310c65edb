/** What is injected by name, because a class says too little or TypeScript erases it. */
export const SETTINGS = Symbol('Settings');
export const KAFKA = Symbol('Kafka');
export const PROCESSING = Symbol('ProcessingPorts');
