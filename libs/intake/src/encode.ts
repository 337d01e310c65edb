/** An event to write. `extensions` are further attributes, such as `causationid`; all of them are text. */
export interface OutgoingCloudEvent {
  id: string;
  source: string;
  type: string;
  subject?: string;
  /** RFC 3339. */
  time: string;
  tenantid?: string;
  /** W3C trace context. */
  traceparent?: string;
  extensions?: Record<string, string>;
  /** Anything JSON has. */
  data: unknown;
}

/** What Kafka is given; the key is the caller's. */
export interface EncodedRecord {
  headers: Record<string, string>;
  value: Buffer;
}

/** Kafka's binary CloudEvents binding: attributes as `ce_` headers, data as the value, so that a consumer can route without parsing. */
export function toBinary(event: OutgoingCloudEvent): EncodedRecord {
  const { traceparent, data } = event;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(attributesOf(event))) headers[`ce_${name}`] = value;
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  return { headers, value: Buffer.from(JSON.stringify(data)) };
}

/** Kafka's structured CloudEvents binding: one JSON object. */
export function toStructured(event: OutgoingCloudEvent): EncodedRecord {
  const { traceparent, data } = event;
  const envelope = {
    ...attributesOf(event),
    ...(traceparent !== undefined && { traceparent }),
    datacontenttype: 'application/json',
    data,
  };
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    value: Buffer.from(JSON.stringify(envelope)),
  };
}

function attributesOf({
  id,
  source,
  type,
  subject,
  time,
  tenantid,
  extensions,
}: OutgoingCloudEvent): Record<string, string> {
  return {
    ...extensions,
    specversion: '1.0',
    id,
    source,
    type,
    ...(subject !== undefined && { subject }),
    time,
    ...(tenantid !== undefined && { tenantid }),
  };
}
