import { type BatchContext, type PartitionBatch } from './batch.context';
import { BatchService } from './batch-service.fixture';
import { EventProducer } from './event.producer';
import { MemoryPositions, testKafka, until as soon, uniquePrefix } from './messaging.fixture';
import { ensureTopics, groupOffsets } from './topic.admin';

const kafka = testKafka();
const running: BatchService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

/** A wait that is in vain says what the members said. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await soon(condition).catch((error: Error) => {
    const said = running.map(({ logger }, index) => logger.lines.map((line) => `${index}: ${line}`));
    throw new Error(`${error.message}\n${said.flat().join('\n')}`, { cause: error });
  });
}

/** Topics of its own for each test, with numbered records: value `p<partition>-<n>`. */
async function given(records: { partitions: number; each: number }): Promise<string> {
  const prefix = uniquePrefix();
  await ensureTopics(kafka, prefix, [
    { name: 'events', partitions: records.partitions, config: {} },
    { name: 'workforce', partitions: 1, config: { 'cleanup.policy': 'compact' } },
  ]);
  await publish(prefix, records, 0);
  return prefix;
}

async function publish(
  prefix: string,
  { partitions, each }: { partitions: number; each: number },
  from: number,
) {
  const producer = new EventProducer(kafka, { topicPrefix: prefix });
  await producer.connect();
  const numbers = [...Array(each).keys()].map((n) => n + from);
  const all = numbers.flatMap((n) =>
    [...Array(partitions).keys()].map((partition) => ({
      topic: 'events',
      key: `k${n}`,
      value: `p${partition}-${n}`,
      partition,
    })),
  );
  await producer.publish(all);
  await producer.disconnect();
}

/** No test here is about a session's end, and each that ends brings another assignment and records again. */
const SESSION = { sessionTimeout: 30_000 };

function start(
  ...[prefix, work, options]: ConstructorParameters<typeof BatchService>
): Promise<BatchService> {
  const service = new BatchService(prefix, work, { ...SESSION, ...options });
  running.push(service);
  return service.start();
}

/** Does all a good handler does: "transaction" per chunk, commit, heartbeat. */
function careful(seen: string[], positions: MemoryPositions, chunk = 10) {
  return async ({ records }: PartitionBatch, context: BatchContext): Promise<void> => {
    for (let at = 0; at < records.length && context.isRunning(); at += chunk) {
      const part = records.slice(at, at + chunk);
      seen.push(...part.map(({ value }) => String(value)));
      positions.storeAfter(part.at(-1)!);
      context.commit(String(BigInt(part.at(-1)!.offset) + 1n));
      await context.heartbeat();
    }
  };
}

const offsets = async (prefix: string) =>
  (await groupOffsets(kafka, prefix, `${prefix}group`, 'events')).map(({ offset }) => Number(offset ?? -1));

const numbersOf = (seen: string[], partition: number) =>
  seen.filter((value) => value.startsWith(`p${partition}-`)).map((value) => Number(value.split('-')[1]));

const upTo = (n: number) => [...Array(n).keys()];

describe('KafkaBatchStrategy', () => {
  it('given records, when it runs, then a Nest handler gets every record of each partition once and in order', async () => {
    const prefix = await given({ partitions: 3, each: 200 });
    const seen: string[] = [];
    const assigned: unknown[] = [];

    const service = await start(prefix, careful(seen, new MemoryPositions()), {
      subscriptions: [
        { pattern: 'conversation-events', onAssignment: (partitions) => assigned.push(partitions) },
      ],
    });
    await until(() => seen.length >= 600);
    await service.close();

    expect(upTo(3).map((partition) => numbersOf(seen, partition))).toEqual([upTo(200), upTo(200), upTo(200)]);
    expect(assigned).toEqual([{ events: [0, 1, 2] }]);
    expect(await offsets(prefix)).toEqual([200, 200, 200]);
  });

  it('given a handler that crashed mid-way, when a fresh instance starts, then it reads again from the commit', async () => {
    const prefix = await given({ partitions: 1, each: 100 });
    const positions = new MemoryPositions();
    const first = await start(
      prefix,
      async ({ records }, context) => {
        positions.storeAfter(records[29]!);
        context.commit('30');
        throw new Error('a bug at 30');
      },
      { positions },
    );
    await until(() => first.fatal.length > 0);

    const seen: string[] = [];
    await start(prefix, careful(seen, positions), { positions });
    await until(() => seen.length >= 70);

    expect(numbersOf(seen, 0)).toEqual(upTo(100).slice(30));
  });

  it('given a handler that throws, then onFatal gets its error once, nothing is handed on any more and no offset has moved', async () => {
    const prefix = await given({ partitions: 4, each: 50 });
    let calls = 0;
    const service = await start(prefix, () => {
      calls += 1;
      return Promise.reject(new Error('a bug'));
    });
    await until(() => service.fatal.length > 0);
    const callsThen = calls;
    await publish(prefix, { partitions: 4, each: 5 }, 50);
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    expect(service.fatal.map(({ message }) => message)).toEqual(['a bug']);
    expect(calls).toBe(callsThen);
    expect(calls).toBeLessThanOrEqual(4);
    expect(await offsets(prefix)).toEqual([-1, -1, -1, -1]);
  });

  it('given a handler that returns without a commit, then no offset moves and the records come again', async () => {
    const prefix = await given({ partitions: 1, each: 5 });
    const firsts: string[] = [];
    const service = await start(prefix, async ({ records }) => {
      firsts.push(records[0]!.offset);
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await until(() => firsts.length >= 3);
    await service.close();

    expect(new Set(firsts)).toEqual(new Set(['0']));
    expect(await offsets(prefix)).toEqual([-1]);
  });

  it('given a busy handler, when closed, then its chunk is committed, the group is left at once and the rest is for the next', async () => {
    const prefix = await given({ partitions: 1, each: 100 });
    const positions = new MemoryPositions();
    const seen: string[] = [];
    let revoked = 0;
    const service = await start(
      prefix,
      async (batch, context) => {
        await careful(seen, positions)({ ...batch, records: batch.records.slice(0, 10) }, context);
        await until(() => !context.isRunning());
        // The chunk under way when the signal came: it may still commit.
        positions.storeAfter(batch.records[19]!);
        context.commit('20');
      },
      { positions, subscriptions: [{ pattern: 'conversation-events', onRevoked: () => (revoked += 1) }] },
    );
    await until(() => seen.length >= 10);
    await service.close();
    const group = await kafkaGroup(`${prefix}group`);

    expect(service.fatal).toEqual([]);
    expect(await offsets(prefix)).toEqual([20]);
    expect(group).toEqual({ state: 'Empty', members: 0 });
    expect(revoked).toBe(1);
  });

  it('given a handler that never gives up, when closed, then close returns after its limit', async () => {
    const prefix = await given({ partitions: 1, each: 1 });
    let release: () => void = () => undefined;
    let called = false;
    const service = await start(
      prefix,
      () => {
        called = true;
        return new Promise<void>((resolve) => (release = resolve));
      },
      { closeTimeout: 500 },
    );
    await until(() => called);
    await service.close();

    expect(service.logger.lines.join('\n')).toContain('did not give up within 500 ms');
    release();
  });

  it('given a member, when a second joins and then leaves, then all is read, in order within each partition', async () => {
    const prefix = await given({ partitions: 4, each: 400 });
    const positions = new MemoryPositions();
    const applied = new Map<number, number[]>(upTo(4).map((partition) => [partition, []]));
    // As the database would: what was applied already is not applied again.
    const work = async ({ partition, records }: PartitionBatch, context: BatchContext): Promise<void> => {
      for (let at = 0; at < records.length && context.isRunning(); at += 20) {
        const part = records.slice(at, at + 20);
        const list = applied.get(partition)!;
        for (const { offset } of part) if (!list.includes(Number(offset))) list.push(Number(offset));
        positions.storeAfter(part.at(-1)!);
        await new Promise((resolve) => setTimeout(resolve, 30));
        context.commit(String(BigInt(part.at(-1)!.offset) + 1n));
        await context.heartbeat();
      }
    };
    const assigned: number[][][] = [[], []];
    const revoked = [0, 0];
    const member = (index: number) => ({
      positions,
      maxBytesPerPartition: 2_000,
      subscriptions: [
        {
          pattern: 'conversation-events',
          onAssignment: ({ events = [] }: Record<string, number[]>) => void assigned[index]!.push(events),
          onRevoked: () => void (revoked[index]! += 1),
        },
      ],
    });

    await start(prefix, work, member(0));
    await until(() => (applied.get(0)?.length ?? 0) > 40);
    const second = await start(prefix, work, member(1));
    const sharing = (): number[] => assigned.flatMap((assignments) => assignments.at(-1) ?? []).sort();
    // Either may hear of the rebalance first.
    await until(() => assigned[1]!.some((partitions) => partitions.length > 0) && sharing().length === 4);
    const shared = sharing();
    await second.close();
    await until(() => [...applied.values()].every((list) => list.length >= 400));
    // The second may have read its part to the end: then nothing waits for the first to take it over.
    await until(() => assigned[0]!.at(-1)!.length === 4);

    expect([...applied.values()]).toEqual(upTo(4).map(() => upTo(400)));
    expect(shared).toEqual([0, 1, 2, 3]);
    expect(assigned[0]!.at(-1)).toEqual([0, 1, 2, 3]);
    expect(revoked[0]).toBe(assigned[0]!.length - 1);
    expect(revoked[1]).toBe(assigned[1]!.length);
    expect(running.flatMap(({ fatal }) => fatal)).toEqual([]);
  });

  it('given two subscriptions, then each has its group, and the second joins only when the hook before it lets it', async () => {
    const prefix = await given({ partitions: 1, each: 3 });
    const order: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const service = new BatchService(
      prefix,
      async ({ topic, records }, context) => {
        order.push(topic);
        context.commit(String(BigInt(records.at(-1)!.offset) + 1n));
      },
      {
        ...SESSION,
        subscriptions: [
          { pattern: 'workforce', onAssignment: () => order.push('workforce joined') },
          {
            pattern: 'conversation-events',
            beforeConsuming: () => gate,
            onAssignment: () => order.push('events joined'),
          },
        ],
      },
    );
    running.push(service);
    await service.start('both');
    await until(() => order.includes('workforce joined'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = [...order];
    release();
    await until(() => order.includes('events'));

    expect(before).toEqual(['workforce joined']);
    expect((await kafkaGroup(`${prefix}group.workforce`)).members).toBe(1);
    expect((await kafkaGroup(`${prefix}group`)).members).toBe(1);
  });

  it('given no broker yet, when started, then it waits and says so, and closes at once', async () => {
    const service = await start('x.', () => Promise.resolve(), { brokers: ['127.0.0.1:1'] });
    await until(() => service.logger.lines.some((line) => line.includes('waiting for Kafka')));
    await service.close();

    expect(service.fatal).toEqual([]);
  });

  it('given a topic that does not exist yet, when it is made, then its records are read', async () => {
    const prefix = uniquePrefix();
    const seen: string[] = [];
    const service = await start(prefix, careful(seen, new MemoryPositions()));
    await until(() => service.logger.lines.some((line) => line.includes('npm run cli -- migrate')));
    await ensureTopics(kafka, prefix, [{ name: 'events', partitions: 1, config: {} }]);
    await publish(prefix, { partitions: 1, each: 3 }, 0);
    await until(() => seen.length >= 3);

    expect(service.fatal).toEqual([]);
    expect(numbersOf(seen, 0)).toEqual([0, 1, 2]);
  });

  it('given a subscription without a handler, then listening fails and names the pattern', async () => {
    const service = new BatchService('x.', () => Promise.resolve(), {
      subscriptions: [{ pattern: 'nobody' }],
    });

    await expect(service.start()).rejects.toThrow("no handler has the pattern 'nobody'");
  });
});

async function kafkaGroup(groupId: string): Promise<{ state: string; members: number }> {
  const admin = kafka.admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([groupId]);
  await admin.disconnect();
  return { state: groups[0]!.state, members: groups[0]!.members.length };
}
