import { isUtf8 } from 'node:buffer';
import { type EditedRecord } from '#libs/dead-letters';
import { CliError } from '../cli.error';

/** Bytes as JSON has them: text where they are UTF-8. */
type Bytes = string | { base64: string } | null;

/** A record as JSON, which a person can edit and which can be read again without loss. */
export interface RecordJson {
  key: Bytes;
  /** A list where a header is there more than once. */
  headers: Record<string, Bytes | Bytes[]>;
  /** A JSON object as such, where that loses nothing; otherwise its text or its bytes. */
  value: Bytes | Record<string, unknown>;
}

/** Longer values are not worth the look whether they are JSON, nor fit to be edited. */
const EDITABLE_BYTES = 256 * 1024;

export function recordToJson({ key, headers, value }: EditedRecord): RecordJson {
  return {
    key: toJson(key),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, each]) => [
        name,
        Array.isArray(each) ? each.map(toJson) : toJson(each ?? null),
      ]),
    ),
    value: losslessObject(value) ?? toJson(value),
  };
}

/** @throws CliError naming the place that is not as `recordToJson` writes it. */
export function recordFromJson(json: unknown): EditedRecord {
  if (!isObject(json)) throw notARecord('record', 'must be an object with key, headers and value');
  const { key = null, headers = {}, value } = json;
  if (value === undefined) throw notARecord('record.value', 'is missing; null says that there is none');
  if (!isObject(headers)) throw notARecord('record.headers', 'must be an object');
  return {
    key: fromJson(key, 'record.key'),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, each]) => {
        const place = `record.headers.${name}`;
        const parts = Array.isArray(each) ? each : [each];
        const bytes = parts.map((part: unknown) => fromJson(part, place) ?? Buffer.alloc(0));
        return [name, bytes.length === 1 ? bytes[0] : bytes];
      }),
    ),
    value:
      isObject(value) && !isBase64(value)
        ? Buffer.from(JSON.stringify(value))
        : fromJson(value, 'record.value'),
  };
}

function toJson(bytes: Buffer | string | null): Bytes {
  if (bytes === null || typeof bytes === 'string') return bytes;
  return isUtf8(bytes) && !bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)
    ? bytes.toString('utf8')
    : { base64: bytes.toString('base64') };
}

/** Node's decoder keeps it; editors do not. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The object that these bytes are the JSON of, if writing it again gives them back but for the space between. */
function losslessObject(bytes: Buffer | null): Record<string, unknown> | undefined {
  if (bytes === null || bytes.length > EDITABLE_BYTES || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  try {
    const object: unknown = JSON.parse(text);
    if (!isObject(object) || isBase64(object)) return undefined;
    return JSON.stringify(object) === withoutSpace(text) ? object : undefined;
  } catch {
    return undefined;
  }
}

function withoutSpace(json: string): string {
  return json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g, '$1');
}

function fromJson(json: unknown, place: string): Buffer | null {
  if (json === null) return null;
  if (typeof json === 'string') return Buffer.from(json);
  if (isObject(json) && isBase64(json)) return Buffer.from(json.base64, 'base64');
  throw notARecord(place, 'must be text, {"base64": …} or null');
}

function isBase64(json: Record<string, unknown>): json is { base64: string } {
  return Object.keys(json).length === 1 && typeof json['base64'] === 'string';
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function notARecord(place: string, problem: string): CliError {
  return new CliError(
    `the edited letter: ${place} ${problem}`,
    "Begin with what 'dead-letters show … --json' writes",
  );
}
