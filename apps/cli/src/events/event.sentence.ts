import { readCloudEvent } from '#libs/intake';
import { type RawRecord } from '#libs/processing';
import { headerOf } from './record.text';

/** One line a person can read: when, what, about which task or conversation, by whom, and what changed. */
export function sentenceOf(record: RawRecord): string {
  const failed = headerOf(record.headers, 'errors.code');
  if (failed !== undefined) return deadLetterSentence(record, failed);
  if (record.value === null) return `${record.key?.toString('utf8') ?? '(no key)'} removed`;
  let event: ReturnType<typeof readCloudEvent>;
  try {
    event = readCloudEvent(record, () => true);
  } catch (error) {
    return `${record.partition}/${record.offset} not a CloudEvent: ${(error as Error).message}`;
  }
  if ('uninteresting' in event) return event.uninteresting;
  const { time, type, subject } = event.attributes as Record<string, string | undefined>;
  const data = isRecord(event.data) ? event.data : {};
  const about = [subject, data.conversationId === undefined ? '' : `in ${text(data.conversationId)}`];
  const parts = [time ?? '', text(type), ...about, by(data), whatOf(data)].filter((part) => part !== '');
  return parts.join('  ');
}

function deadLetterSentence({ headers, key }: RawRecord, code: string): string {
  const of = (name: string): string => headerOf(headers, `errors.${name}`) ?? '?';
  const origin = `${of('topic')}/${of('partition')}@${of('offset')}`;
  return `${of('at')}  ${of('stage')} ${code}  ${origin}  key ${key?.toString('utf8') ?? 'none'}  ${of('message')}`;
}

function by({ actor, from, customer }: Record<string, unknown>): string {
  const who = [actor, from, customer].find(isRecord);
  if (!who) return '';
  return `by ${text(who.kind ?? 'customer')}:${text(who.id)}`;
}

function whatOf(data: Record<string, unknown>): string {
  if (Array.isArray(data.changes)) return data.changes.filter(isRecord).map(change).join(', ');
  if (data.code !== undefined) return `${text(data.code)}: ${text(data.detail)}`;
  if (data.text !== undefined) return shortened(JSON.stringify(data.text));
  if (data.intent !== undefined) return `${text(data.intent)}: ${text(data.result)}`;
  if (data.title !== undefined) return shortened(JSON.stringify(data.title));
  if (data.reason !== undefined) return text(data.reason);
  return '';
}

function change({ field, from, to }: Record<string, unknown>): string {
  return from === null || from === undefined
    ? `${text(field)} ${text(to)}`
    : `${text(field)} ${text(from)} → ${text(to)}`;
}

function text(value: unknown): string {
  if (isRecord(value) && typeof value.kind === 'string') return `${value.kind}:${String(value.id)}`;
  return shortened(typeof value === 'string' ? value : JSON.stringify(value));
}

function shortened(value: string): string {
  return value.length > 60 ? `${value.slice(0, 59)}…` : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
