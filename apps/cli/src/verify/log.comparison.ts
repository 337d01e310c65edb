import { type RawRecord } from '#libs/processing';
import { type LogEntry, type LogName } from '#libs/relay';
import { textHeaders } from '../events/record.text';
import { type Difference, shown } from './difference';
import { jsonDifferences } from './json.difference';

/** Compares a log's row, as the relay would publish it, with the record at its offset: key, headers and value, field by field. */
export function compareEntry(log: LogName, shard: number, entry: LogEntry, record: RawRecord): Difference[] {
  const found: [field: string, inLog: unknown, inTopic: unknown][] = [];
  const key = record.key?.toString('utf8') ?? null;
  if (key !== entry.key) found.push(['key', entry.key, key]);
  const headers = textHeaders(record.headers);
  for (const name of new Set([...Object.keys(entry.headers), ...Object.keys(headers)])) {
    if (entry.headers[name] !== headers[name])
      found.push([`header ${name}`, entry.headers[name], headers[name]]);
  }
  found.push(...valueDifferences(entry.value, record.value?.toString('utf8') ?? null));

  const taskId = entry.headers.ce_subject;
  const what =
    log === 'activity'
      ? `task ${taskId}: activity ${entry.headers.ce_sequence}`
      : `task ${taskId}: rejection in conversation ${entry.key}`;
  const { position } = entry;
  return found.map(([field, inLog, inTopic]) => ({
    kind: log,
    shard,
    taskId,
    position,
    field,
    message: `${what} (shard ${shard}, position ${position}): ${field}: log has ${shown(inLog)}, topic has ${shown(inTopic)}`,
  }));
}

function valueDifferences(inLog: string, inTopic: string | null): [string, unknown, unknown][] {
  if (inLog === inTopic) return [];
  const [left, right] = [parsed(inLog), inTopic === null ? undefined : parsed(inTopic)];
  const places = jsonDifferences(left, right, 'data');
  // The same values, written otherwise: still not the record the relay wrote from this row.
  if (places.length === 0) return [['data', inLog, inTopic]];
  return places.map(({ path, left: a, right: b }) => [path, a, b]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
