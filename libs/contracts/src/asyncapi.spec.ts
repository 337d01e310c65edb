import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { Parser } from '@asyncapi/parser';
import { asyncApiDocument } from './asyncapi';
import { asyncApiYaml } from './asyncapi.yaml';
import { isValidByClass } from './class-validation';
import { EVENT_DATA, type EventType } from './event-types';
import { EXAMPLES } from './examples';
import { TOPICS } from './topics';
import { validatorFor } from './validator';

interface Message {
  headers: object;
  payload: { $ref: string };
  examples: { headers: Record<string, string>; payload: unknown }[];
}

const document = asyncApiDocument() as {
  channels: Record<string, { address: string; messages: object }>;
  components: { messages: Record<string, Message>; schemas: object };
};
const messages = Object.entries(document.components.messages);
const types = Object.keys(EVENT_DATA) as EventType[];

describe('docs/asyncapi.yaml', () => {
  it('is what the classes say now', () => {
    const file = readFileSync(join(__dirname, '../../../docs/asyncapi.yaml'), 'utf8');
    expect(file === asyncApiYaml() ? 'current' : 'stale: run npm run docs:asyncapi').toBe('current');
  });

  it('is AsyncAPI 3.0', async () => {
    const { diagnostics, document: parsed } = await new Parser().parse(asyncApiYaml());
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(parsed?.version()).toBe('3.0.0');
    expect(parsed?.channels().all()).toHaveLength(TOPICS.length);
  }, 120_000);

  it('has every event type, with examples, on a topic', () => {
    expect(messages.map(([name]) => name).sort()).toEqual([...types, 'dead-letter'].sort());
    const placed = new Set(
      Object.values(document.channels).flatMap((channel) => Object.keys(channel.messages)),
    );
    expect([...placed].sort()).toEqual([...types, 'dead-letter'].sort());
    for (const [name, { examples }] of messages) expect([name, examples.length > 0]).toEqual([name, true]);
  });
});

describe('the examples', () => {
  const ajv = addFormats(new Ajv({ strict: false }));
  ajv.addSchema({ $id: 'asyncapi', ...document });

  it.each(messages)('of %s fit the published schemas of payload and headers', (name) => {
    const path = `asyncapi#/components/messages/${name}`;
    for (const example of document.components.messages[name]!.examples) {
      expect([ajv.validate({ $ref: `${path}/payload` }, example.payload), ajv.errors]).toEqual([true, null]);
      expect([ajv.validate({ $ref: `${path}/headers` }, example.headers), ajv.errors]).toEqual([true, null]);
    }
  });

  it.each(types)('of %s are valid to both engines', (type) => {
    for (const { data } of EXAMPLES[type]) {
      expect(validatorFor(type)(data)).toEqual([]);
      expect(isValidByClass(EVENT_DATA[type], data)).toBe(true);
    }
  });

  it('would be refused with a wrong word in them', () => {
    const payload = EXAMPLES['task.create.v1'][0]!.data;
    expect(
      ajv.validate(
        { $ref: 'asyncapi#/components/messages/task.create.v1/payload' },
        { ...payload, priority: 'urgent' },
      ),
    ).toBe(false);
  });
});
