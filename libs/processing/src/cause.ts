import { type Cause } from '#libs/domain';
import { type InboundEvent } from './inbound-event';

/** An event as the cause of what it led to, with where it was read, if anywhere. */
export function causeOf({ source, id, origin }: InboundEvent): Cause {
  if (!origin) return { source, id };
  return { source, id, topic: origin.topic, partition: origin.partition, offset: Number(origin.offset) };
}
