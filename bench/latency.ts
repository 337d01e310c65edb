import { setTimeout as pause } from 'node:timers/promises';
import { type Message, Partitioners } from 'kafkajs';
import { type OutgoingRecord } from '#libs/messaging';
import { type TestDeployment } from '#libs/testing';
import { creation } from './events';
import { percentile } from './statistics';

export interface Latency {
  /** Milliseconds. */
  p50: number;
  p99: number;
}

export function latencyOf(samples: readonly Sample[]): Latency {
  const all = samples.map(({ ms }) => ms);
  return { p50: percentile(all, 50), p99: percentile(all, 99) };
}

const ROUNDS = 200;
const TICK_MS = 10;

/** An event to send, and what its activity will name as its cause. */
interface ProbeEvent {
  topic: string;
  identity: string;
  message: Message;
}

/** An event whose activity was read: when it was sent, by `performance.now()`, and how long that took. */
export interface Sample {
  sentAt: number;
  ms: number;
}

export interface ProbeOptions {
  /** What it sends; default a creation of the bench. */
  make?(i: number): OutgoingRecord;
  /** Told of each activity that was not caused by what it sent. */
  heard?(cause: string, now: number): void;
}

/** Sends events and sees when their activities can be read; one producer and one consumer for all of it. */
export async function withProbe<T>(
  deployment: TestDeployment,
  work: (probe: Probe) => Promise<T>,
  options: ProbeOptions = {},
): Promise<T> {
  const probe = new Probe(deployment, options);
  await probe.open();
  try {
    return await work(probe);
  } finally {
    await probe.close();
  }
}

export class Probe {
  readonly #producer;
  readonly #consumer;
  readonly #sentAt = new Map<string, number>();
  readonly #samples: Sample[] = [];
  #next = 10_000_000;

  constructor(
    private readonly deployment: TestDeployment,
    private readonly options: ProbeOptions = {},
  ) {
    this.#producer = deployment.kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    this.#consumer = deployment.kafka.consumer({
      groupId: `${deployment.groupId}.probe`,
      maxWaitTimeInMs: 100,
      minBytes: 1,
    });
  }

  async open(): Promise<void> {
    const { topicPrefix } = this.deployment;
    await this.#producer.connect();
    await this.#consumer.connect();
    // From the beginning of an empty topic: where "latest" is, is only decided at the first fetch, some time after joining.
    await this.#consumer.subscribe({ topics: [`${topicPrefix}task-activity`], fromBeginning: true });
    const joined = new Promise((resolve) => this.#consumer.on(this.#consumer.events.GROUP_JOIN, resolve));
    await this.#consumer.run({
      eachBatch: ({ batch }) => {
        const now = performance.now();
        for (const { headers } of batch.messages) this.#read(String(headers?.['ce_causationid']), now);
        return Promise.resolve();
      },
    });
    await joined;
    await pause(500);
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#producer.disconnect();
  }

  /** One event at a time. */
  async idle(): Promise<Latency> {
    await this.#warm();
    for (let i = 0; i < ROUNDS; i += 1) {
      await this.#send(this.#make(1));
      await this.#allRead();
    }
    return latencyOf(this.#samples.splice(0));
  }

  /** So many events a second for so long, whatever comes back. */
  async underLoad(rate: number, seconds: number): Promise<Latency> {
    return latencyOf(await this.samplesUnderLoad(rate, seconds));
  }

  /** As `underLoad`, each event by itself. */
  samplesUnderLoad(rate: number, seconds: number): Promise<Sample[]> {
    return this.prepared(rate, seconds)();
  }

  /**
   * The same, begun when the answer is called: the events are made before that, since to make them costs a share of the very cores
   * that are measured, and holds up whoever measures something else in this process.
   */
  prepared(rate: number, seconds: number): () => Promise<Sample[]> {
    const events = this.#make(Math.ceil(rate * seconds));
    return () => this.#sendAll(events, rate, seconds);
  }

  async #sendAll(events: readonly ProbeEvent[], rate: number, seconds: number): Promise<Sample[]> {
    const begin = performance.now();
    const sending: Promise<unknown>[] = [];
    let sent = 0;
    for (;;) {
      const elapsed = performance.now() - begin;
      if (elapsed > seconds * 1_000) break;
      const due = Math.floor((elapsed / 1_000) * rate);
      if (due > sent) sending.push(this.#send(events.slice(sent, due)));
      sent = Math.max(sent, due);
      await pause(TICK_MS);
    }
    await Promise.all(sending);
    await this.#allRead();
    // The first seconds are the start of everything.
    const samples = this.#samples.splice(0);
    return samples.slice(Math.floor(samples.length / 10));
  }

  async #warm(): Promise<void> {
    await this.#send(this.#make(20));
    await this.#allRead();
    this.#samples.length = 0;
  }

  #make(count: number): ProbeEvent[] {
    return Array.from({ length: count }, () => {
      const { topic, key, value, headers } = (this.options.make ?? creation)(this.#next++);
      const identity = `${String(headers!.ce_source)}#${String(headers!.ce_id)}`;
      return { topic: this.deployment.topicPrefix + topic, identity, message: { key, value, headers } };
    });
  }

  async #send(events: readonly ProbeEvent[]): Promise<void> {
    const now = performance.now();
    for (const { identity } of events) this.#sentAt.set(identity, now);
    const messages = events.map(({ message }) => message);
    await this.#producer.send({ topic: events[0]!.topic, acks: -1, messages });
  }

  #read(cause: string, now: number): void {
    const sentAt = this.#sentAt.get(cause);
    if (sentAt === undefined) return this.options.heard?.(cause, now);
    this.#sentAt.delete(cause);
    this.#samples.push({ sentAt, ms: now - sentAt });
  }

  async #allRead(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (this.#sentAt.size > 0) {
      if (performance.now() > deadline)
        throw new Error(`${this.#sentAt.size} activities did not come within 60 s`);
      await pause(0);
    }
  }
}

/** A transaction with one small row, committed; milliseconds, the median. */
export async function commitMs({ database: { owner } }: TestDeployment): Promise<number> {
  await owner.query('create table if not exists bench_commit (n int)');
  const samples: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const begin = performance.now();
    await owner.transaction((manager) => manager.query('insert into bench_commit values (1)'));
    samples.push(performance.now() - begin);
  }
  return percentile(samples, 50);
}

/** From a plain producer to a plain consumer; milliseconds, the median. */
export async function hopMs({ kafka, topicPrefix, groupId }: TestDeployment): Promise<number> {
  // Of the topics there are, the one that nobody reads or checks.
  const topic = `${topicPrefix}task-dead-letters`;
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  const consumer = kafka.consumer({ groupId: `${groupId}.hop`, maxWaitTimeInMs: 100, minBytes: 1 });
  let read: () => void = () => undefined;
  await producer.connect();
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: () => Promise.resolve(read()) });
    await joined;
    await pause(500);
    const samples: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      const begin = performance.now();
      const arrived = new Promise<void>((resolve) => (read = resolve));
      await producer.send({ topic, acks: -1, messages: [{ key: String(i), value: 'x'.repeat(1_000) }] });
      await arrived;
      samples.push(performance.now() - begin);
    }
    return percentile(samples, 50);
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}
