/** What is injected by name, because a class says too little or TypeScript erases it. */
export const SETTINGS = Symbol('ApiSettings');
export const INSTRUMENTS = Symbol('Instruments');
export const TRACING = Symbol('Tracing');
/** The broker's client. */
export const KAFKA = Symbol('Kafka');
