import { type AppendResult, type LogEntry, type LogName, type LogTopic, type TopicEnd } from '#libs/relay';
import { type LogTopicHarness } from './log-topic.contract';
import { type PublishedRecord } from './published-record';

interface Partition {
  start: number;
  records: PublishedRecord[];
  /** What the broker remembers of the producer: its last batches, newest last; none when it has forgotten it. */
  batches: { first: number; last: number; baseOffset: number }[];
}

/** Kafka's own limit. */
const REMEMBERED_BATCHES = 5;

/** The broker in memory: the rules of Kafka's idempotent producer, without a network. */
export class MemoryBroker implements LogTopicHarness {
  readonly #partitions = new Map<string, Partition>();
  /** While set, nothing answers. */
  outage: Error | undefined;
  /** While false, it appends whatever it is given: a broker without the fence. */
  fenced = true;

  open(): LogTopic {
    return {
      nameOf: (log) => `task-${log}`,
      end: (log, shard) => this.#end(log, shard),
      append: (log, shard, firstPosition, entries) => this.#append(log, shard, firstPosition, entries),
    };
  }

  /** As a broker does after a day without a record. */
  forgetProducer(log: LogName, shard: number): void {
    this.#partition(log, shard).batches = [];
  }

  /** Takes records off the end, as a broker that lost power before it had written them. */
  loseTail(log: LogName, shard: number, count: number): void {
    const partition = this.#partition(log, shard);
    partition.records.splice(-count);
    partition.batches = [];
  }

  async records(log: LogName, shard: number): Promise<PublishedRecord[]> {
    return this.#partition(log, shard).records.slice(this.#partition(log, shard).start);
  }

  async publishForeign(log: LogName, shard: number): Promise<void> {
    const { records } = this.#partition(log, shard);
    records.push({ offset: records.length, key: 'x', value: 'foreign', position: null });
  }

  async deleteRecords(log: LogName, shard: number, before: number): Promise<void> {
    this.#partition(log, shard).start = before;
  }

  async makeAnew(log: LogName): Promise<void> {
    for (const key of this.#partitions.keys()) if (key.startsWith(log)) this.#partitions.delete(key);
  }

  async killBroker(): Promise<void> {
    this.outage = new Error('connection closed');
  }

  async restartBroker(): Promise<void> {
    this.outage = undefined;
  }

  async close(): Promise<void> {}

  #partition(log: LogName, shard: number): Partition {
    const key = `${log}/${shard}`;
    const partition = this.#partitions.get(key) ?? { start: 0, records: [], batches: [] };
    this.#partitions.set(key, partition);
    return partition;
  }

  async #end(log: LogName, shard: number): Promise<TopicEnd> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.outage) throw this.outage;
    const { start, records } = this.#partition(log, shard);
    const last = records.length === start ? undefined : records.at(-1);
    const id = last?.position ? (JSON.parse(last.value) as { id: string }).id : null;
    return { nextOffset: records.length, last: last ? { position: last.position, id } : null };
  }

  async #append(log: LogName, shard: number, first: number, entries: LogEntry[]): Promise<AppendResult> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.outage) return { outcome: 'unavailable', cause: this.outage };
    const { records, batches } = this.#partition(log, shard);
    const last = first + entries.length - 1;
    const copy = batches.find((batch) => batch.first === first && batch.last === last);
    if (copy && this.fenced) return { outcome: 'appended', baseOffset: copy.baseOffset };
    const newest = batches.at(-1);
    if (newest && newest.last + 1 !== first && this.fenced) {
      return { outcome: 'out_of_order', cause: new Error(`sequence ${first - 1} after ${newest.last - 1}`) };
    }
    const baseOffset = records.length;
    for (const { key, value, headers } of entries) {
      records.push({ offset: records.length, key, value, position: Number(headers.position) });
    }
    batches.push({ first, last, baseOffset });
    if (batches.length > REMEMBERED_BATCHES) batches.shift();
    return { outcome: 'appended', baseOffset };
  }
}
