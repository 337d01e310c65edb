import { fingerprintOf } from '#libs/processing';
import { type Work, BatchService } from './batch-service.fixture';
import { EventProducer } from './event.producer';
import { MemoryPositions, testKafka, until, uniquePrefix } from './messaging.fixture';
import { deleteTopics, endOffsets, ensureTopics, groupOffsets } from './topic.admin';

const kafka = testKafka();
const running: BatchService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

const TOPIC = { name: 'events', partitions: 1, config: {} };

/** A worker that reads `events`, keeps positions, and remembers what it saw. */
class Reader {
  readonly seen: string[] = [];
  readonly service: BatchService;

  constructor(prefix: string, positions: MemoryPositions) {
    const work: Work = async ({ records }, context) => {
      this.seen.push(...records.map(({ value }) => String(value)));
      positions.storeAfter(records.at(-1)!);
      context.commit(String(BigInt(records.at(-1)!.offset) + 1n));
    };
    this.service = new BatchService(prefix, work, { positions });
    running.push(this.service);
  }

  async hasRead(count: number): Promise<this> {
    await this.service.start();
    await until(() => this.seen.length >= count);
    return this;
  }

  async fails(): Promise<Error> {
    await this.service.start();
    await until(() => this.service.fatal.length > 0);
    return this.service.fatal[0]!;
  }

  stop(): Promise<void> {
    return this.service.close();
  }
}

async function publish(prefix: string, from: number, to: number): Promise<void> {
  const producer = new EventProducer(kafka, { topicPrefix: prefix });
  await producer.connect();
  for (let n = from; n < to; n += 1) {
    await producer.publish([{ topic: 'events', key: 'k', value: `v${n}`, partition: 0 }]);
  }
  await producer.disconnect();
}

/** Ten records, all read and committed, and no worker running. */
async function givenTenRead(): Promise<{ prefix: string; positions: MemoryPositions }> {
  const prefix = uniquePrefix();
  const positions = new MemoryPositions();
  await ensureTopics(kafka, prefix, [TOPIC]);
  await publish(prefix, 0, 10);
  const reader = await new Reader(prefix, positions).hasRead(10);
  await reader.stop();
  return { prefix, positions };
}

async function makeAnew(prefix: string): Promise<void> {
  await deleteTopics(kafka, prefix, ['events']);
  // Kafka deletes in its own time, and refuses the name until then.
  await until(async () => {
    try {
      const { created } = await ensureTopics(kafka, prefix, [TOPIC]);
      if (created.length > 0) return true;
    } catch {
      // the name is still there, or half of it
    }
    return false;
  });
  await until(async () => (await endOffsets(kafka, prefix, 'events'))[0]!.end === 0n);
}

async function admin<T>(work: (admin: ReturnType<typeof kafka.admin>) => Promise<T>): Promise<T> {
  const own = kafka.admin();
  await own.connect();
  try {
    return await work(own);
  } finally {
    await own.disconnect();
  }
}

const v = (from: number, to: number) => [...Array(to - from).keys()].map((n) => `v${n + from}`);

describe('What it reads is what it read', () => {
  it('given nothing has changed, when it starts again, then it goes on and hands nothing on twice', async () => {
    const { prefix, positions } = await givenTenRead();
    await publish(prefix, 10, 13);

    const reader = await new Reader(prefix, positions).hasRead(3);

    expect(reader.seen).toEqual(v(10, 13));
  });

  it('given nothing new, when it starts again, then the checked record is handed to nobody, and later ones are', async () => {
    const { prefix, positions } = await givenTenRead();
    const reader = new Reader(prefix, positions);
    await reader.service.start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(reader.seen).toEqual([]);

    await publish(prefix, 10, 12);
    await until(() => reader.seen.length >= 2);

    expect(reader.seen).toEqual(v(10, 12));
  });

  it('given a database set back, when it starts, then it reads from where the database is, not the group', async () => {
    const { prefix } = await givenTenRead();
    const restored = new MemoryPositions();
    const last = await fingerprintAt(prefix, 3);
    restored.store({ topic: 'events', partition: 0, nextOffset: '4', fingerprint: last });

    const reader = await new Reader(prefix, restored).hasRead(6);

    expect(reader.seen).toEqual(v(4, 10));
  });

  it('given operators reset the stopped group to the earliest, when it starts, then it reads all again', async () => {
    const { prefix, positions } = await givenTenRead();
    await admin((own) =>
      own.setOffsets({
        groupId: `${prefix}group`,
        topic: `${prefix}events`,
        partitions: [{ partition: 0, offset: '0' }],
      }),
    );

    const reader = await new Reader(prefix, positions).hasRead(10);

    expect(reader.seen).toEqual(v(0, 10));
    expect(await groupOffsets(kafka, prefix, `${prefix}group`, 'events')).toEqual([
      { partition: 0, offset: 10n },
    ]);
  });

  it('given the topic was made anew and is shorter, when it starts, then it stops and says what to do', async () => {
    const { prefix, positions } = await givenTenRead();
    await makeAnew(prefix);
    await publish(prefix, 100, 104);

    const error = await new Reader(prefix, positions).fails();

    expect(error.message).toContain(
      'events-0: expected to go on at offset 10, but found that the partition ends at 4',
    );
    expect(error.message).toContain('npm run cli -- reset --positions events');
  });

  it('given the topic was made anew and is longer, when it starts, then another fingerprint gives it away', async () => {
    const { prefix, positions } = await givenTenRead();
    await makeAnew(prefix);
    await publish(prefix, 100, 120);
    const reader = new Reader(prefix, positions);

    const error = await reader.fails();

    expect(error.message).toContain('expected the record at offset 9 to have fingerprint');
    expect(reader.seen).toEqual([]);
  });

  it('given the topic was made anew while it runs, then it stops too', async () => {
    const { prefix, positions } = await givenTenRead();
    const reader = new Reader(prefix, positions);
    await reader.service.start();
    await until(() => reader.service.logger.lines.some((line) => line.includes('joined')));
    await makeAnew(prefix);
    await publish(prefix, 100, 103);
    await until(() => reader.service.fatal.length > 0);

    expect(reader.service.fatal[0]!.message).toContain('ends at');
    expect(reader.seen).toEqual([]);
  });

  it('given unread records were deleted, when it starts, then it stops; given only read ones were, it goes on', async () => {
    const { prefix, positions } = await givenTenRead();
    await publish(prefix, 10, 20);
    await deleteBefore(prefix, 8);
    const fine = await new Reader(prefix, positions).hasRead(10);
    await fine.stop();
    await publish(prefix, 20, 30);
    await deleteBefore(prefix, 25);
    const lost = new Reader(prefix, positions);

    const error = await lost.fails();

    // kafkajs would have moved an offset that is out of range: a person may want to see where the group was.
    const [group] = await groupOffsets(kafka, prefix, `${prefix}group`, 'events');
    expect(group!.offset).toBe(20n);
    expect(fine.seen).toEqual(v(10, 20));
    expect(error.message).toContain(
      'expected to go on at offset 20, but found that it begins at 25: up to 5 records were removed unread',
    );
    expect(lost.seen).toEqual([]);
  });

  it('given unread records are deleted under a slow worker, then it stops rather than skip them', async () => {
    const prefix = uniquePrefix();
    const positions = new MemoryPositions();
    await ensureTopics(kafka, prefix, [TOPIC]);
    await publish(prefix, 0, 10);
    let slow = true;
    const seen: string[] = [];
    const service = new BatchService(
      prefix,
      async ({ records }, context) => {
        seen.push(...records.map(({ value }) => String(value)));
        while (slow && context.isRunning()) await new Promise((resolve) => setTimeout(resolve, 50));
        positions.storeAfter(records.at(-1)!);
        context.commit(String(BigInt(records.at(-1)!.offset) + 1n));
      },
      { positions },
    );
    running.push(service);
    await service.start();
    await until(() => seen.length >= 10);
    await publish(prefix, 10, 20);
    await deleteBefore(prefix, 15);
    slow = false;
    await until(() => service.fatal.length > 0);

    expect(service.fatal[0]!.message).toContain(
      'expected to go on at offset 10, but found that it begins at 15',
    );
    expect(seen).toEqual(v(0, 10));
  });
});

async function deleteBefore(prefix: string, offset: number): Promise<void> {
  await admin(async (own) => {
    await own.fetchTopicOffsets(`${prefix}events`); // or it does not know the topic's leader
    await own.deleteTopicRecords({
      topic: `${prefix}events`,
      partitions: [{ partition: 0, offset: String(offset) }],
    });
  });
}

/** The fingerprint of a record, read with a group of its own. */
async function fingerprintAt(prefix: string, offset: number): Promise<string> {
  let found = '';
  const service = new BatchService(
    prefix,
    async ({ records }, context) => {
      found = fingerprintOf(records[offset]!);
      context.commit(String(records.length));
    },
    { groupId: `${prefix}look` },
  );
  await service.start();
  await until(() => found !== '');
  await service.close();
  return found;
}
