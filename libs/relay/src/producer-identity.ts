/**
 * Port: the producer id every relay of this deployment publishes with. The broker tells copies and gaps by it, so it is one
 * for all, stored once, for ever. Implemented in persistence.
 */
export interface ProducerIdentity {
  /** The stored identity. Throws when there is none: `migrate` obtains it from the broker and stores it. */
  load(): Promise<{ producerId: string; epoch: number }>;
}
