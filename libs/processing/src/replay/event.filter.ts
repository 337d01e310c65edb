import { type IntakeResult } from '../intake';
import { type RawRecord } from '../raw-record';

/** Which of the records read are meant. What is not given does not restrict. */
export interface EventFilter {
  tenant?: string;
  /** The subject. */
  conversation?: string;
  /** The record's own key, whatever the event in it says. */
  key?: string;
  types?: string[];
}

/** What cannot be read is of no tenant, conversation or type: it is meant only when none of them is asked for. */
export function isMeant(filter: EventFilter, record: RawRecord, read: IntakeResult): boolean {
  const { tenant, conversation, key, types } = filter;
  if (key !== undefined && record.key?.toString('utf8') !== key) return false;
  const event = read.kind === 'event' ? read.event : null;
  const type = read.kind === 'skipped' ? read.type : event?.body.type;
  return (
    (tenant === undefined || event?.tenantId === tenant) &&
    (conversation === undefined || event?.conversationId === conversation) &&
    (types === undefined || (type !== undefined && types.includes(type)))
  );
}
