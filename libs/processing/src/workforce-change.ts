import { type Instant } from '#libs/domain';

/** One change of the workforce: the new whole of an agent, team, calendar or policy, or its removal. */
export interface WorkforceChange {
  tenantId: string;
  kind: 'agent' | 'team' | 'calendar' | 'policy';
  id: string;
  /** The event's `data`, validated; null when a tombstone removed it. */
  body: Record<string, unknown> | null;
  /** When it happened; null for a tombstone, which carries no event. */
  time: Instant | null;
}
