import { CloudEvent, Kafka, type KafkaMessage } from 'cloudevents';
import fc from 'fast-check';
import { readCloudEvent } from './cloudevent';
import { type OutgoingCloudEvent, toBinary, toStructured } from './encode';
import { asBuffers, record } from './testing/records';

/** Text of any script; no control characters, which CloudEvents does not allow in attributes. */
const text = (maxLength: number) =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter((s) => !/[\p{Cc}\p{Cs}]/u.test(s));

const event: fc.Arbitrary<OutgoingCloudEvent> = fc.record(
  {
    id: text(30),
    source: fc.webPath().map((path) => path || '/'),
    type: fc.constantFrom('task.create.v1', 'conversation.outcome.v1', 'other.thing.v3'),
    subject: text(30),
    time: fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    tenantid: fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/),
    extensions: fc.dictionary(fc.stringMatching(/^x[a-z0-9]{1,10}$/), text(20), { maxKeys: 3 }),
    // The SDK sends data that is no object in ways of its own; ours is always an object, and drops a key `__proto__`.
    data: fc
      .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }))
      .filter((data) => !JSON.stringify(data).includes('__proto__')),
  },
  { requiredKeys: ['id', 'source', 'type', 'time', 'data'] },
);

/** All attributes of an event, and its data, as JSON has them. */
function said({ extensions, ...event }: OutgoingCloudEvent): unknown {
  const { data, ...attributes } = { specversion: '1.0', ...event, ...extensions };
  return json({ attributes, data });
}

function read(message: { headers: Record<string, Buffer>; value: Buffer }): unknown {
  const result = readCloudEvent(record(message), () => true);
  if ('uninteresting' in result) throw new Error('every type is of interest here');
  const { datacontenttype: _, ...attributes } = result.attributes;
  return json({ attributes, data: result.data });
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** As a Kafka client carries the SDK's message: header values and the value as bytes; headers the SDK left undefined stay away. */
function carried({ headers, value }: KafkaMessage): { headers: Record<string, Buffer>; value: Buffer } {
  const present = Object.entries(headers).filter(([, header]) => header !== undefined) as [string, string][];
  const bytes = typeof value === 'string' ? value : JSON.stringify(value);
  return { headers: asBuffers(Object.fromEntries(present)), value: Buffer.from(bytes) };
}

function toSdk({ extensions, ...event }: OutgoingCloudEvent): CloudEvent<unknown> {
  return new CloudEvent({ ...event, ...extensions, datacontenttype: 'application/json' });
}

/** What the SDK read. Its binding takes header values for strings. */
function readBySdk({ headers, value }: { headers: Record<string, string>; value: Buffer }): unknown {
  const message = { headers, value: value.toString(), key: 'k' } as unknown as KafkaMessage;
  const read = Kafka.toEvent(message) as CloudEvent<unknown>;
  const {
    data,
    datacontenttype: _t,
    partitionkey: _k,
    ...attributes
  } = json(read) as Record<string, unknown>;
  return { attributes, data };
}

describe('the codec and the official CloudEvents SDK', () => {
  it('we read what the SDK writes, in both bindings', () => {
    fc.assert(
      fc.property(event, (event) => {
        expect(read(carried(Kafka.binary(toSdk(event)) as KafkaMessage))).toEqual(said(event));
        expect(read(carried(Kafka.structured(toSdk(event)) as KafkaMessage))).toEqual(said(event));
      }),
      { numRuns: 500 },
    );
  });

  it('the SDK reads what we write, in both bindings', () => {
    fc.assert(
      fc.property(event, (event) => {
        expect(readBySdk(toBinary(event))).toEqual(said(event));
        expect(readBySdk(toStructured(event))).toEqual(said(event));
      }),
      { numRuns: 500 },
    );
  });

  it('and we read what we write, traceparent included', () => {
    fc.assert(
      fc.property(event, (event) => {
        const traced = { ...event, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
        for (const { headers, value } of [toBinary(traced), toStructured(traced)]) {
          expect(read({ headers: asBuffers(headers), value })).toEqual(said(traced));
        }
      }),
    );
  });
});
