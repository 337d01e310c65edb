import { type KafkaMessage } from 'kafkajs';
import { javaClient, kcat } from './clients.fixture';
import { EventProducer } from './event.producer';
import { readFromStart, testKafka, until, uniquePrefix } from './messaging.fixture';
import { ensureTopics } from './topic.admin';

jest.setTimeout(90_000);

const COMPRESSIONS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const COUNT = 300;
const kafka = testKafka();

const value = (n: number) => `${n}:${'lorem '.repeat(n)}`;
const numbers = [...Array(COUNT).keys()];

async function givenTopics(): Promise<string> {
  const prefix = uniquePrefix();
  await ensureTopics(
    kafka,
    prefix,
    COMPRESSIONS.map((name) => ({ name, partitions: 1, config: {} })),
  );
  return prefix;
}

async function readWithOurs(topic: string): Promise<KafkaMessage[]> {
  const messages: KafkaMessage[] = [];
  const reader = await readFromStart(kafka, topic, ({ message }) => messages.push(message));
  await until(() => messages.length >= COUNT);
  await reader.disconnect();
  return messages;
}

/** The numbers whose record is not what was written; the values themselves are too long for a failure's message. */
const unlike = (messages: KafkaMessage[]) => numbers.filter((n) => String(messages[n]?.value) !== value(n));

describe('the four compressions, against other clients', () => {
  it('given records a Java client wrote in each, then we read them', async () => {
    const prefix = await givenTopics();
    await javaClient('produce', prefix, String(COUNT), ...COMPRESSIONS);

    for (const name of COMPRESSIONS) {
      const messages = await readWithOurs(prefix + name);
      expect(unlike(messages)).toEqual([]);
      expect(messages.map(({ headers }) => String(headers?.['n']))).toEqual(numbers.map(String));
    }
  });

  it('given records librdkafka wrote in each, then we read them', async () => {
    const prefix = await givenTopics();
    const lines = numbers.map((n) => `k${n}\t${value(n)}\n`).join('');

    for (const name of COMPRESSIONS) {
      await kcat(['-P', '-t', prefix + name, '-K', '\t', '-z', name, '-X', 'linger.ms=200'], lines);
      const messages = await readWithOurs(prefix + name);
      expect(unlike(messages)).toEqual([]);
    }
  });

  it('given records we wrote in each, then a Java client and librdkafka read them', async () => {
    const prefix = await givenTopics();
    for (const compression of COMPRESSIONS) {
      const producer = new EventProducer(kafka, { topicPrefix: prefix, compression });
      await producer.connect();
      await producer.publish(numbers.map((n) => ({ topic: compression, key: `k${n}`, value: value(n) })));
      await producer.disconnect();
    }

    const java = await javaClient('consume', prefix, String(COUNT), ...COMPRESSIONS);

    expect(java.trim().split('\n')).toEqual(
      COMPRESSIONS.flatMap((name) => numbers.map((n) => `${name} k${n} ${value(n).length}`)),
    );
    for (const name of COMPRESSIONS) {
      const read = await kcat(['-C', '-q', '-t', prefix + name, '-e', '-f', '%k %s\n']);
      const lines = read.split('\n');
      expect(lines).toHaveLength(COUNT + 1);
      expect(numbers.filter((n) => lines[n] !== `k${n} ${value(n)}`)).toEqual([]);
    }
  });
});
