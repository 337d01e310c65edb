import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { type LoggerService } from '@nestjs/common';
import { type Consumer, type EachMessagePayload, type Kafka } from 'kafkajs';
import { type InputPosition, type InputPositions, fingerprintOf, type RawRecord } from '#libs/processing';
import { createKafka } from './kafka.client';

/** What the integration tests of this library share. Nothing here runs in the product. */

/** The brokers that jest's global setup has started or was given. */
export function testBrokers(): string[] {
  const brokers = process.env['CT_TEST_KAFKA_BROKERS'];
  if (!brokers) throw new Error('CT_TEST_KAFKA_BROKERS is not set: test/stack/global-setup.js sets it');
  return brokers.split(',');
}

/** Keeps topics and groups of suites that share a broker apart. */
export function uniquePrefix(): string {
  return `t${randomBytes(5).toString('hex')}.`;
}

/** Remembers what was logged, and when: minutes and seconds before each line. */
export class MemoryLogger implements LoggerService {
  readonly lines: string[] = [];
  log = (message: unknown): void =>
    void this.lines.push(
      `${new Date().toISOString().slice(14, -1)} ${typeof message === 'string' ? message : inspect(message)}`,
    );
  warn = this.log;
  error = this.log;
  debug = this.log;
}

export function testKafka(logger: LoggerService = new MemoryLogger()): Kafka {
  return createKafka({ brokers: testBrokers(), clientId: 'messaging-test' }, logger);
}

/**
 * Reads a topic from its beginning until it is disconnected. It joins again where kafkajs gives up, as it does at a broker that
 * has not yet made what groups need: what it read before then may come twice.
 */
export async function readFromStart(
  kafka: Kafka,
  topic: string,
  each: (payload: EachMessagePayload) => void,
): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId: `${topic}.reader`,
    maxWaitTimeInMs: 50,
    retry: { retries: 8, restartOnFailure: () => Promise.resolve(true) },
  });
  // A reader that is gone is a wait without end: the test says what became of it.
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) =>
    process.stderr.write(
      `the reader of ${topic} crashed, ${restart ? 'joins again' : 'is gone'}: ${error.stack}\n`,
    ),
  );
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: (payload) => Promise.resolve(each(payload)) });
  return consumer;
}

/** Positions as the database would keep them. */
export class MemoryPositions implements InputPositions {
  private readonly stored = new Map<string, InputPosition>();

  load(topic: string, partition: number): Promise<InputPosition | null> {
    return Promise.resolve(this.stored.get(`${topic}/${partition}`) ?? null);
  }

  /** Only forward, and with the fingerprint of the record that was read last, as the database does it. */
  passOver(topic: string, partition: number, nextOffset: string): Promise<void> {
    const known = this.stored.get(`${topic}/${partition}`);
    if (!known || BigInt(known.nextOffset) < BigInt(nextOffset))
      this.store({ topic, partition, nextOffset, fingerprint: known?.fingerprint ?? 'none' });
    return Promise.resolve();
  }

  /** As the last transaction of a batch that ended with this record. */
  storeAfter(record: RawRecord): void {
    const { topic, partition, offset } = record;
    const nextOffset = String(BigInt(offset) + 1n);
    this.store({ topic, partition, nextOffset, fingerprint: fingerprintOf(record) });
  }

  store(position: InputPosition): void {
    this.stored.set(`${position.topic}/${position.partition}`, position);
  }
}

/** More than anything here takes; without an end, a failed test's wait would keep jest from ending. */
const PATIENCE_MS = 55_000;

/** Waits until something is so. @throws when it never will be. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not so: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
