import { setTimeout as pause } from 'node:timers/promises';
import { CompressionTypes, type Message } from 'kafkajs';
import { TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';
import { agent } from './support/office';

jest.setTimeout(180_000);

/** Long enough for a busy machine to join a group in; one that stands still ends after half as long again. */
const STALLED_AFTER_MS = 12_000;
const LONG_ENOUGH_TO_END_MS = 1.6 * STALLED_AFTER_MS;

describe('producers that use Kafka’s transactions, whose markers nobody sees', () => {
  let deployment: TestDeployment;
  beforeAll(async () => {
    deployment = await TestDeployment.create();
  });
  afterAll(() => deployment?.close());

  /** One transaction with these records of one topic, ended as told. */
  async function transaction(topic: string, messages: Message[], end: 'commit' | 'abort'): Promise<void> {
    const name = deployment.topicPrefix + topic;
    const producer = deployment.kafka.producer({
      transactionalId: `${name}-${end}`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const open = await producer.transaction();
    await open.send({ topic: name, messages, compression: CompressionTypes.GZIP });
    await open[end]();
    await producer.disconnect();
  }
  const messageOf = ({ key, value }: { key?: unknown; value: unknown }): Message => ({
    key: key as string,
    value: value as string,
  });

  test('are read to the end, marker included, by this worker and the next', async () => {
    const task = (title: string): Message => messageOf(recordOf({ data: createData({ title }) }));
    await transaction('workforce', [messageOf(agent('eli'))], 'commit');
    await transaction('conversation-events.call', [task('one')], 'commit');
    // More than one fetch of it: such fetches arrive as nothing, and what follows them looks like a gap.
    const large = 'x'.repeat(16_000);
    const aborted = Array.from({ length: 200 }, (_, i) =>
      messageOf(recordOf({ data: createData({ title: `never ${i}`, description: `${i} ${large}` }) })),
    );
    await transaction('conversation-events.call', aborted, 'abort');
    await transaction('conversation-events.call', [task('two')], 'commit');

    const first = await deployment.startWorker();
    await deployment.drained();
    expect(await first.stop()).toMatchObject({ code: 0 });
    await deployment.startWorker();
    await deployment.drained();

    const titles = await deployment.query<{ title: string }>('select title from task order by title');
    expect(titles.map(({ title }) => title)).toEqual(['one', 'two']);
    const positions = await deployment.query<{ topic: string; next_offset: string }>(
      'select topic, next_offset from input_position order by topic',
    );
    const ends = await Promise.all(
      positions.map(async ({ topic }) =>
        (await deployment.endOffsets(topic)).reduce((a, b) => a + Number(b), 0),
      ),
    );
    expect(positions.map(({ next_offset: next }) => Number(next))).toEqual(ends);
  });

  test('leave nothing to be fetched when they are aborted or still open: a worker that waits behind one does not stand still', async () => {
    await deployment.stopWorkers();
    const never = messageOf(recordOf({ data: createData({ title: 'never' }) }));
    await transaction('conversation-events.message', [never], 'abort');
    const worker = await deployment.startWorker({ env: { STALLED_AFTER_MS: String(STALLED_AFTER_MS) } });
    await transaction('conversation-events.message', [never], 'abort');
    const name = `${deployment.topicPrefix}conversation-events.whatsapp`;
    const producer = deployment.kafka.producer({
      transactionalId: `${name}-open`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const open = await producer.transaction();
    await open.send({ topic: name, messages: [never] });

    await pause(LONG_ENOUGH_TO_END_MS);
    if (worker.exit) throw worker.failure('ended by itself');
    const { body } = await worker.probe('/health/ready');
    expect(JSON.parse(body)).toMatchObject({ checks: { progress: { ok: true } } });
    await open.abort();
    await producer.disconnect();
  });
});
