import { type OutgoingCloudEvent, toBinary } from '#libs/intake';
import { type OutgoingRecord } from '#libs/messaging';
import { BadLineError, type EventLine } from './event.line';

export const MODES = ['structured', 'binary'] as const;
/** Kafka's two CloudEvents bindings. */
export type Mode = (typeof MODES)[number];

const STRUCTURED = 'application/cloudevents+json; charset=UTF-8';

/**
 * A line as the record to publish. An event goes in the chosen binding; text and tombstones go as they are, and so does the
 * data of an event whose `ce_` headers are in the line. Headers of the line win over those added.
 *
 * @throws BadLineError when an event cannot be written in binary mode.
 */
export function encodeLine(line: EventLine, mode: Mode): OutgoingRecord {
  const { topic, key, headers, value } = line;
  if (value === null || typeof value === 'string') return { topic, key, value, headers };
  if (headers['ce_specversion'] !== undefined) {
    return {
      topic,
      key,
      value: JSON.stringify(value),
      headers: { 'content-type': 'application/json', ...headers },
    };
  }
  if (mode === 'structured') {
    return { topic, key, value: JSON.stringify(value), headers: { 'content-type': STRUCTURED, ...headers } };
  }
  const binary = toBinary(eventOf(line.number, value));
  return { topic, key, value: binary.value, headers: { ...binary.headers, ...headers } };
}

const REQUIRED = ['specversion', 'id', 'source', 'type', 'time'] as const;

function eventOf(number: number, value: Record<string, unknown>): OutgoingCloudEvent {
  const { data, specversion: _version, datacontenttype: _content, ...attributes } = value;
  for (const name of REQUIRED) {
    if (typeof value[name] !== 'string') {
      throw new BadLineError(
        number,
        `value.${name}`,
        'must be text for binary mode; without it send the line structured',
      );
    }
  }
  if (data === undefined) throw new BadLineError(number, 'value.data', 'must be there for binary mode');
  const texts = Object.entries(attributes).map(([name, each]) => [name, textOf(number, name, each)] as const);
  const { id, source, type, subject, time, tenantid, traceparent, ...extensions } = Object.fromEntries(
    texts.filter(([, text]) => text !== undefined),
  ) as Record<string, string>;
  return {
    id: id!,
    source: source!,
    type: type!,
    time: time!,
    subject,
    tenantid,
    traceparent,
    extensions,
    data,
  };
}

/** Attributes are text, numbers or true and false; one that is null is one that is not there. */
function textOf(number: number, name: string, value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'object')
    throw new BadLineError(number, `value.${name}`, 'must not be an object or a list');
  return String(value);
}
