import { hash } from 'node:crypto';
import { type FlowOrigin } from '#libs/domain';

/** What makes a task once: SHA-256 over its event, and for a flow's task flow, node and ordinal. NUL occurs in none of them. */
export function originKey(source: string, eventId: string, origin: FlowOrigin | null): Buffer {
  const parts = [source, eventId, ...(origin ? [origin.flow, origin.node, String(origin.ordinal)] : [])];
  return Buffer.from(hash('sha256', parts.join('\0'), 'hex'), 'hex');
}
