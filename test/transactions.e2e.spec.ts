import { CompressionTypes, type Message } from 'kafkajs';
import { TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';
import { agent } from './support/office';

jest.setTimeout(180_000);

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
});
