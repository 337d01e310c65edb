import { hash } from 'node:crypto';
import { type Instant } from './vocabulary';

/** What makes an event this event and no other, wherever, in whatever form and however often it arrives (invariant 1). */
export interface EventIdentity {
  tenantId: string;
  source: string;
  id: string;
}

/** Which of the tasks that one outcome leads to: the flow, its node, and the how-manieth of that node. */
export interface FlowOrigin {
  flow: string;
  node: string;
  ordinal: number;
}

/** The identity as one text, fit for a map's key: NUL cannot occur in any part. */
export function identityKey({ tenantId, source, id }: EventIdentity): string {
  return `${tenantId}\0${source}\0${id}`;
}

/**
 * A UUID version 8 (RFC 9562, 5.8): 48 bits of the event's time in milliseconds, then 74 bits of SHA-256 over `parts`
 * joined by NUL. The timestamp keeps index inserts local; the hash makes it the same id for the same event.
 */
export function derivedId(time: Instant, parts: readonly string[]): string {
  const hex = hash('sha256', parts.join('\0'), 'hex'); // in one call: half the time of createHash
  const millis = Date.parse(time).toString(16).padStart(12, '0');
  const variant = ((parseInt(hex[3]!, 16) & 0x3) | 0x8).toString(16);
  return `${millis.slice(0, 8)}-${millis.slice(8)}-8${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
}

/**
 * The id of the task an event creates. Whoever sent the event can work it out:
 * `derivedId(time, [tenantid, source, id])`, and for a flow's task the same with flow id, node id and ordinal (from 0) appended.
 */
export function taskIdOf(event: EventIdentity & { time: Instant }, origin?: FlowOrigin): string {
  const own = [event.tenantId, event.source, event.id];
  return derivedId(event.time, origin ? [...own, origin.flow, origin.node, String(origin.ordinal)] : own);
}
