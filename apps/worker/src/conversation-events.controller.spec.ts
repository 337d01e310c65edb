import { type Logger } from 'nestjs-pino';
import { Registry } from 'prom-client';
import { type BatchContext, type PartitionBatch } from '#libs/messaging';
import { BatchObserver, createInstruments, InputLag } from '#libs/observability';
import {
  type InboundEvent,
  KeyedQueue,
  type ProcessingPorts,
  StoreOutage,
  TenantDirectory,
} from '#libs/processing';
import { type Settings } from '#libs/settings';
import { aRecord, anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import { ConversationEventsController } from './conversation-events.controller';

const TOPIC = 'conversation-events.call';

/** A worker's controller over a store in memory, given a batch of `size` creations and chunks of `batchSize`. */
function world(size: number, batchSize: number, behind = 0) {
  const store = new MemoryShardStore();
  const events: InboundEvent[] = Array.from({ length: size }, (_, i) =>
    anEvent(createCommand(), { id: `e${i}` }),
  );
  const ports: ProcessingPorts = {
    intake: { read: ({ offset }) => ({ kind: 'event', event: events[Number(offset)]! }) },
    store,
    deadLetters: { publish: () => Promise.reject(new Error('there is nothing to dead-letter here')) },
    directory: new TenantDirectory(),
    queue: new KeyedQueue(),
    now: () => '2026-11-01T00:00:00.000Z',
    shardOf: () => 0,
  };
  const stored = (): string | undefined => store.state.positions.get(`${TOPIC}/0`)?.nextOffset;
  const commits: { offset: string; stored: string | undefined }[] = [];
  const partition = { running: true };
  const context = {
    isRunning: () => partition.running,
    heartbeat: async () => undefined,
    progressed: () => undefined,
    commit: (offset: string) => void commits.push({ offset, stored: stored() }),
  };
  const silent = { log: () => undefined, warn: () => undefined, debug: () => undefined };
  const instruments = createInstruments(new Registry());
  const controller = new ConversationEventsController(
    ports,
    { batchSize } as Settings,
    instruments,
    new BatchObserver(instruments, null),
    new InputLag(instruments),
    silent as unknown as Logger,
  );
  const batch: PartitionBatch = {
    topic: TOPIC,
    partition: 0,
    records: events.map((_, offset) => aRecord(offset, '{}')),
    highWatermark: String(size),
    nextOffset: String(size + behind),
  };
  const handle = (): Promise<void> => controller.handle(batch, context as unknown as BatchContext);
  return { store, ports, context, partition, commits, handle };
}

describe('a batch of conversation events', () => {
  it('stores with its last chunk a position past the marker that ends a producer’s transaction', async () => {
    const { handle, commits } = world(5, 2, 1);
    await handle();
    expect(commits.map(({ stored }) => stored)).toEqual(['2', '4', '6']);
  });

  it('has its offset committed, chunk by chunk, only after all that the chunk causes is stored', async () => {
    const { handle, commits, store } = world(5, 2);
    await handle();
    expect(commits).toEqual([
      { offset: '2', stored: '2' },
      { offset: '4', stored: '4' },
      { offset: '5', stored: '5' },
    ]);
    expect(store.state.tasks.size).toBe(5);
  });

  it('has no offset committed for what was given up while waiting for an outage to end', async () => {
    const { handle, commits, store, partition, ports } = world(4, 2);
    const { inShard } = ports.store;
    ports.store.inShard = async (...transaction) => {
      if (commits.length === 0) return inShard.apply(store, transaction) as never;
      partition.running = false; // taken away while the second chunk waits
      throw new StoreOutage('down');
    };
    await handle();
    expect(commits.map(({ offset }) => offset)).toEqual(['2']);
    expect(store.state.tasks.size).toBe(2);
  });

  it('goes no further once the partition was taken away', async () => {
    const { handle, commits, store, context, partition } = world(4, 2);
    const { commit } = context;
    context.commit = (offset) => {
      commit(offset);
      partition.running = false;
    };
    await handle();
    expect([commits.length, store.state.tasks.size]).toEqual([1, 2]);
  });

  it('goes no further when Kafka refuses a heartbeat: the next chunk may be somebody else’s', async () => {
    const { handle, store, context } = world(4, 2);
    context.heartbeat = () => Promise.reject(new Error('rebalancing'));
    await expect(handle()).rejects.toThrow('rebalancing');
    expect(store.state.tasks.size).toBe(2);
  });
});
