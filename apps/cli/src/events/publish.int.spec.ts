import { createIntake } from '#libs/intake';
import { type Compression, endOffsets, topicNames } from '#libs/messaging';
import { type RawRecord } from '#libs/processing';
import { dropTopics, testKafka, uniquePrefix } from '../cli.fixture';
import { ensureContractTopics } from '../migrate/topics';
import { readWholeTopic } from '../reading/read.topic';
import { DEFAULT_START, simulatedLines } from '../simulate/simulate';
import { MODES } from './event.encoding';
import { type EventLine } from './event.line';
import { type PublishFailed, publishEvents, type PublishOptions } from './publish.events';
import { recordAsJson } from './record.text';
import { tailTopic } from './tail.topic';

jest.setTimeout(120_000);

const kafka = testKafka();
const TOPIC = 'conversation-events.call';
const SHARDS = 3;
const prefixes: string[] = [];

async function aTopicPrefix(): Promise<string> {
  const prefix = uniquePrefix();
  prefixes.push(prefix);
  await ensureContractTopics(kafka, prefix, SHARDS);
  return prefix;
}

const options = (topicPrefix: string, differences: Partial<PublishOptions> = {}): PublishOptions => ({
  kafka,
  topicPrefix,
  mode: 'structured',
  compression: 'none',
  rate: null,
  partitionOffset: 0,
  ...differences,
});

/** Events of one topic, enough for several batches. */
function someEvents(): EventLine[] {
  const simulated = simulatedLines({
    tenantId: 'acme',
    seed: 5,
    conversations: 500,
    start: DEFAULT_START,
    everySeconds: 5,
  });
  return [...simulated].filter(({ topic }) => topic === TOPIC);
}

async function tail(topicPrefix: string, count: number): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  const stop = new AbortController();
  const take = (record: RawRecord): void => void records.push(record);
  await tailTopic({
    kafka,
    topicPrefix,
    topic: TOPIC,
    fromBeginning: true,
    count,
    signal: stop.signal,
    take,
  });
  return records;
}

const idOf = (record: RawRecord): string => {
  const read = createIntake().read(record);
  if (read.kind !== 'event') throw new Error(JSON.stringify(read));
  return read.event.id;
};

afterAll(async () => {
  for (const prefix of prefixes) await dropTopics(kafka, prefix);
});

describe('events publish and tail', () => {
  const compressions: Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  test.each(MODES.flatMap((mode) => compressions.map((compression) => [mode, compression] as const)))(
    'given events, %s and %s, then tail gives each of them, every conversation in its order',
    async (mode, compression) => {
      const prefix = await aTopicPrefix();
      const events = someEvents();
      expect(events.length).toBeGreaterThan(600);
      expect(await publishEvents(events, options(prefix, { mode, compression }))).toBe(events.length);
      const records = await tail(prefix, events.length);
      for (const key of new Set(events.map((event) => event.key!))) {
        const sent = events
          .filter((event) => event.key === key)
          .map(({ value }) => (value as { id: string }).id);
        expect(records.filter((record) => String(record.key) === key).map(idOf)).toEqual(sent);
      }
    },
  );

  test('given what tail wrote for machines, then publishing that gives the same events', async () => {
    const [one, other] = [await aTopicPrefix(), await aTopicPrefix()];
    const events = someEvents().slice(0, 50);
    await publishEvents(events, options(one, { mode: 'binary' }));
    const lines = (await tail(one, 50)).map(
      (record, i) => ({ ...recordAsJson(record), number: i }) as unknown as EventLine,
    );
    await publishEvents(lines, options(other));
    const sorted = (records: RawRecord[]) =>
      records.map((record) => JSON.stringify(recordAsJson(record))).sort();
    expect(sorted(await tail(other, 50))).toEqual(sorted(await tail(one, 50)));
  });

  test('given a partition offset, then every record is in another partition than its key’s', async () => {
    const [one, other] = [await aTopicPrefix(), await aTopicPrefix()];
    const events = someEvents();
    await publishEvents(events, options(one));
    await publishEvents(events, options(other, { partitionOffset: 1 }));
    const partitions = async (prefix: string) =>
      new Map((await tail(prefix, events.length)).map((record) => [idOf(record), record.partition]));
    const [own, moved] = [await partitions(one), await partitions(other)];
    for (const [id, partition] of own) expect(moved.get(id)).toBe((partition + 1) % SHARDS);
  });

  test('given text and a tombstone, then they arrive byte for byte', async () => {
    const prefix = await aTopicPrefix();
    const line = { topic: TOPIC, key: 'k', headers: { h: ['1', '2'] } };
    await publishEvents(
      [
        { ...line, number: 1, value: '{"half":' },
        { ...line, number: 2, value: null },
      ],
      options(prefix, { mode: 'binary' }),
    );
    const [text, tombstone] = await tail(prefix, 2);
    expect([String(text!.value), tombstone!.value]).toEqual(['{"half":', null]);
    expect(recordAsJson(text!).headers).toEqual({ h: ['1', '2'] });
  });

  test('given a line that cannot be sent, then all before it is published, and it says how many', async () => {
    const prefix = await aTopicPrefix();
    const events = someEvents().slice(0, 10);
    const bad = { ...events[0]!, number: 11, value: { id: 'no event' } };
    const failed = publishEvents([...events, bad, ...events], options(prefix, { mode: 'binary' }));
    const error = await failed.catch((thrown: PublishFailed) => thrown);
    expect(error).toMatchObject({
      published: 10,
      cause: { message: expect.stringMatching(/^line 11: value\.\w+ must/) },
    });
    const ends = await endOffsets(kafka, prefix, TOPIC);
    expect(ends.reduce((sum, { end }) => sum + Number(end), 0)).toBe(10);
  });

  test('given a topic nobody made, then it says so and does not make it', async () => {
    const prefix = await aTopicPrefix();
    const line = { number: 1, topic: 'no-such-topic', key: null, headers: {}, value: 'x' };
    const error = await publishEvents([line], options(prefix)).catch((thrown: PublishFailed) => thrown);
    expect(error).toMatchObject({
      published: 0,
      cause: { message: `the broker has no topic ${prefix}no-such-topic` },
    });
    expect(await topicNames(kafka)).not.toContain(`${prefix}no-such-topic`);
  });

  test('given readers that have ended, then no group of theirs is left at the broker', async () => {
    const prefix = await aTopicPrefix();
    await publishEvents(someEvents().slice(0, 20), options(prefix));
    const consumers = jest.spyOn(kafka, 'consumer'); // other specs, at the same time, have groups of this name under way
    await tail(prefix, 20);
    const records: RawRecord[] = [];
    await readWholeTopic(kafka, { name: TOPIC, topicPrefix: prefix }, (record) => records.push(record));
    expect(records).toHaveLength(20);
    const theirs = consumers.mock.calls.map(([config]) => config!.groupId);
    consumers.mockRestore();
    expect(theirs).toHaveLength(2);
    const admin = kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.map(({ groupId }) => groupId).filter((groupId) => theirs.includes(groupId))).toEqual([]);
  });
});
