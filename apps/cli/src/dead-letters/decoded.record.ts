import { WORKFORCE_TOPIC } from '#libs/contracts';
import { type CloudEvent, createIntake, readCloudEvent } from '#libs/intake';
import { type RawRecord } from '#libs/processing';

/** A record as far as it can be read. */
export interface DecodedRecord {
  /** Null when it is no event in any sense. */
  event: CloudEvent | null;
  /** Whether the contract's own reader takes it for a CloudEvent; otherwise it was read with less care, to be looked at. */
  isCloudEvent: boolean;
  /** What this release says of it, before it is applied. */
  now: { reads: true } | { reads: false; code: string; message: string };
}

const intake = createIntake();

export function decodeRecord(record: RawRecord): DecodedRecord {
  const read = record.topic === WORKFORCE_TOPIC ? intake.readWorkforce(record) : intake.read(record);
  const now: DecodedRecord['now'] =
    read.kind === 'dead_letter'
      ? { reads: false, code: read.code, message: read.message }
      : read.kind === 'skipped'
        ? { reads: false, code: 'unknown_type', message: `nobody here knows the type ${read.type}` }
        : { reads: true };
  try {
    const event = readCloudEvent(record, () => true);
    if (!('uninteresting' in event)) return { event, isCloudEvent: true, now };
  } catch {
    // Then with less care.
  }
  return { event: carelessly(record), isCloudEvent: false, now };
}

/** The values of the places that a message names, such as `data.priority`; undefined where there is nothing. */
export function placesNamed(
  message: string,
  { attributes, data }: CloudEvent,
): { place: string; value: unknown }[] {
  const root: Record<string, unknown> = { ...attributes, data };
  return message.split('; ').flatMap((problem) => {
    const place = /^[A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\])*(?=[ :,]|$)/.exec(problem)?.[0];
    const steps = place?.split(/[.[\]]/).filter(Boolean);
    const isPlace = steps && (steps[0] === 'data' || steps[0]! in attributes || ATTRIBUTES.has(steps[0]!));
    return isPlace ? [{ place: place!, value: valueAt(root, steps) }] : [];
  });
}

const ATTRIBUTES = new Set(['id', 'source', 'type', 'subject', 'time', 'tenantid', 'specversion']);

function valueAt(root: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : undefined,
    root,
  );
}

function carelessly({ headers, value }: RawRecord): CloudEvent | null {
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase().startsWith('ce_'));
  const json = parsed(value);
  if (named.length > 0) {
    const attributes = named.map(([name, each]) => [
      name.slice(3).toLowerCase(),
      String([each].flat().at(-1)),
    ]);
    return { attributes: Object.fromEntries(attributes) as Record<string, unknown>, data: json };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const { data, ...attributes } = json as Record<string, unknown>;
  return { attributes, data };
}

function parsed(value: Buffer | null): unknown {
  try {
    return value === null ? undefined : (JSON.parse(value.toString('utf8')) as unknown);
  } catch {
    return undefined;
  }
}
