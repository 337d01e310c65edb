import { type Instant } from '#libs/domain';
import { type RawRecord } from './raw-record';

/** One change of the workforce: the new whole of an agent, team, calendar or policy, or its removal. */
export interface WorkforceChange {
  tenantId: string;
  kind: 'agent' | 'team' | 'calendar' | 'policy';
  id: string;
  /** The event's `data`, validated; null when a tombstone removed it. */
  body: Record<string, unknown> | null;
  /** The event that said so; null for a tombstone, which carries none. */
  event: { source: string; id: string; time: Instant } | null;
}

/** A change of the workforce, and the record that said so. */
export interface WorkforceRecord {
  change: WorkforceChange;
  record: Pick<RawRecord, 'topic' | 'partition' | 'offset' | 'timestamp'>;
}
