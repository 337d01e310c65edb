import { LIMITS } from '#libs/contracts';
import { type RawRecord } from '#libs/processing';
import { type EventHeaders, readHeaders } from './headers';
import { parseJson } from './json';
import { Refusal } from './refusal';

/** A CloudEvent as it was written, in either binding: attributes, not yet validated, and data. */
export interface CloudEvent {
  attributes: Record<string, unknown>;
  data: unknown;
}

/** An event whose type says that nothing else of it needs to be read. */
export interface UninterestingEvent {
  uninteresting: string;
}

/**
 * Reads a record in Kafka's structured or binary CloudEvents binding, told apart as the binding says: by a content type `application/cloudevents…`,
 * else by `ce_` headers, else as a JSON object with `specversion`.
 *
 * @param isKnown whether anybody here knows this type. The data of one that nobody knows is not read: it may be in any format.
 * @throws Refusal
 */
export function readCloudEvent(
  record: RawRecord,
  isKnown: (type: string) => boolean,
): CloudEvent | UninterestingEvent {
  if (record.value !== null && record.value.length > LIMITS.messageBytes) {
    throw new Refusal('too_large', `the value has ${record.value.length} bytes, over ${LIMITS.messageBytes}`);
  }
  const headers = readHeaders(record.headers);
  const media = mediaTypeOf(headers.contentType);
  if (media.startsWith('application/cloudevents')) {
    if (media !== 'application/cloudevents' && media !== 'application/cloudevents+json') {
      throw new Refusal(
        'unsupported_content_type',
        'content-type is neither application/cloudevents+json nor JSON data with ce_ headers',
      );
    }
    return readStructured(record, isKnown);
  }
  return Object.keys(headers.attributes).length > 0
    ? readBinary(record, headers, media, isKnown)
    : readStructured(record, isKnown);
}

function readBinary(
  record: RawRecord,
  headers: EventHeaders,
  media: string,
  isKnown: (type: string) => boolean,
) {
  const { attributes, contentType, traceparent } = headers;
  checkVersion(attributes['specversion']);
  const type = attributes['type'];
  if (type && !isKnown(type)) return { uninteresting: type };
  if (record.value === null) throw new Refusal('missing_value', 'the record has no value');
  // Without a content type the data is taken for JSON, which is all it may be.
  if (contentType !== undefined) refuseOtherThanJson(media, contentType, 'content-type');
  const data = parseJson(record.value, LIMITS.dataLevels, 'data');
  return { attributes: { ...attributes, ...(traceparent !== undefined && { traceparent }) }, data };
}

function readStructured(
  record: RawRecord,
  isKnown: (type: string) => boolean,
): CloudEvent | UninterestingEvent {
  if (record.value === null) throw new Refusal('missing_value', 'the record has no value');
  // One level more for the envelope, so that an event may have the same depth in both bindings.
  const envelope = parseJson(record.value, LIMITS.dataLevels + 1, '');
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    throw new Refusal('not_cloudevent', 'the value is no JSON object, and there are no ce_ headers');
  }
  const { data, data_base64: base64, ...attributes } = envelope as Record<string, unknown>;
  if (attributes['specversion'] === undefined)
    throw new Refusal('not_cloudevent', 'specversion is missing, and there are no ce_ headers');
  checkVersion(attributes['specversion']);
  const type = attributes['type'];
  if (typeof type === 'string' && type && !isKnown(type)) return { uninteresting: type };
  for (const [name, value] of Object.entries(attributes)) {
    // In CloudEvents' JSON format an attribute that is null is one that is not there.
    if (value === null) delete attributes[name];
  }
  const contentType = attributes['datacontenttype'];
  if (typeof contentType === 'string')
    refuseOtherThanJson(mediaTypeOf(contentType), contentType, 'datacontenttype');
  return { attributes, data: base64 === undefined || base64 === null ? data : fromBase64(base64, data) };
}

/** `data_base64` holds the bytes of the JSON that `data` would be. */
function fromBase64(base64: unknown, data: unknown): unknown {
  if (data !== undefined) throw new Refusal('not_cloudevent', 'there are both data and data_base64');
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new Refusal('not_cloudevent', 'data_base64 is not base64');
  }
  return parseJson(Buffer.from(base64, 'base64'), LIMITS.dataLevels, 'data');
}

function checkVersion(version: unknown): void {
  if (version === undefined) throw new Refusal('not_cloudevent', 'specversion is missing');
  if (version !== '1.0') throw new Refusal('unsupported_specversion', 'specversion must be 1.0');
}

function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

function refuseOtherThanJson(media: string, contentType: string, name: string): void {
  const isJson =
    media === 'application/json' || media === 'text/json' || /^[\w.-]+\/[\w.-]+\+json$/.test(media);
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  if (!isJson) throw new Refusal('unsupported_content_type', `${name} must be application/json`);
  if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new Refusal('unsupported_content_type', `the charset in ${name} must be utf-8`);
  }
}
