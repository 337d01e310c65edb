import { parseWorkforceKey, readCloudEvent } from '#libs/intake';
import { type RawRecord } from '#libs/processing';
import { WORKFORCE_TOPIC } from '#libs/contracts';

/** Whose letter it is; null where nobody can tell, since it cannot be read so far. The tenant of an event that names none is `default`. */
export function tenantOf(record: RawRecord, topic: string): string | null {
  if (topic === WORKFORCE_TOPIC) {
    return parseWorkforceKey(record.key?.toString('utf8') ?? '')?.tenantId ?? null;
  }
  try {
    const event = readCloudEvent(record, () => true);
    if ('uninteresting' in event) return null;
    const { tenantid } = event.attributes;
    return tenantid === undefined ? 'default' : typeof tenantid === 'string' ? tenantid : null;
  } catch {
    return null;
  }
}
