import { type Kafka } from 'kafkajs';
import ConnectionPool from 'kafkajs/src/network/connectionPool';
import { type LogEntry } from '#libs/relay';
import { allocateProducerId, FencedLogWriter } from './fenced-log.writer';
import { testKafka, uniquePrefix } from '../messaging.fixture';
import { deleteTopics, ensureTopics } from '../topic.admin';

const TOPIC = 'task-activity';

/** The fence alone, on the broker that all suites share; all of the port's contract is in fenced-log.writer.int.spec.ts. */
describe('the broker’s fence around a log’s topic', () => {
  const prefix = uniquePrefix();
  const writers: FencedLogWriter[] = [];
  let kafka: Kafka;
  let identity: { producerId: string; epoch: number };

  beforeAll(async () => {
    kafka = testKafka();
    await ensureTopics(kafka, prefix, [{ name: TOPIC, partitions: 4, config: {} }]);
    identity = await allocateProducerId(kafka);
  });
  afterAll(async () => {
    await Promise.all(writers.map((writer) => writer.close()));
    await deleteTopics(kafka, prefix, [TOPIC]);
  });

  /** A writer of its own, as in another process. */
  function open(): FencedLogWriter {
    const topics = { activity: prefix + TOPIC, rejection: prefix + TOPIC };
    const writer = new FencedLogWriter({ kafka, topics, identity: { load: async () => identity } });
    writers.push(writer);
    return writer;
  }

  const entries = (first: number, last: number): LogEntry[] =>
    Array.from({ length: last - first + 1 }, (_, i) => {
      const position = first + i;
      return { position, key: 'k', headers: { position: String(position) }, value: '{}' };
    });

  it('takes each position once, whoever sends it, and none out of order', async () => {
    const [one, other] = [open(), open()];
    const append = (writer: FencedLogWriter, first: number, last: number) =>
      writer.append('activity', 0, first, entries(first, last));

    expect(await append(one, 1, 5)).toEqual({ outcome: 'appended', baseOffset: 0 });
    expect(await append(other, 1, 5)).toEqual({ outcome: 'appended', baseOffset: 0 }); // acknowledged, not appended
    expect(await append(other, 4, 8)).toMatchObject({ outcome: 'out_of_order' });
    expect(await append(one, 7, 8)).toMatchObject({ outcome: 'out_of_order' });
    expect(await append(other, 6, 8)).toEqual({ outcome: 'appended', baseOffset: 5 });
    expect((await one.end('activity', 0)).nextOffset).toBe(8);
  });

  it('takes a few entries of several partitions in one request, and refuses one without the others', async () => {
    const writer = open();
    const send = jest.spyOn(ConnectionPool.prototype, 'send');
    /** Appends to these partitions at once; says how each ended, and how many requests that were. */
    const append = async (first: Record<number, number>) => {
      send.mockClear();
      const appends = Object.entries(first).map(([shard, at]) =>
        writer.append('activity', Number(shard), at, entries(at, at)),
      );
      const outcomes = (await Promise.all(appends)).map(({ outcome }) => outcome);
      const requests = send.mock.calls.filter(([{ request }]) => request.apiName === 'Produce').length;
      return { outcomes, requests };
    };
    try {
      const appended = ['appended', 'appended', 'appended'];
      expect(await append({ 1: 1, 2: 1, 3: 1 })).toEqual({ outcomes: appended, requests: 1 });
      const refused = { outcomes: ['appended', 'out_of_order', 'appended'], requests: 1 };
      expect(await append({ 1: 2, 2: 7, 3: 2 })).toEqual(refused);
      // What is in trouble holds nobody up; and when it is not any more, it is one of them again.
      expect(await append({ 1: 3, 2: 2, 3: 3 })).toEqual({ outcomes: appended, requests: 2 });
      expect(await append({ 1: 4, 2: 3, 3: 4 })).toEqual({ outcomes: appended, requests: 1 });
      for (const [shard, end] of [4, 3, 4].entries())
        expect((await writer.end('activity', shard + 1)).nextOffset).toBe(end);
      expect((await writer.append('activity', 1, 5, entries(5, 60))).outcome).toBe('appended');
    } finally {
      send.mockRestore();
    }
  });
});
