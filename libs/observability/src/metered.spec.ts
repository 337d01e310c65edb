import { type Counter, type Histogram, Registry } from 'prom-client';
import { StoreConflict, StoreOutage, StoreRefusal } from '#libs/processing';
import { type AppendResult, type LogEntry, type LogTopic } from '#libs/relay';
import { aRecord, MemoryShardStore } from '#libs/testing';
import { createInstruments } from './metric.instruments';
import { MeteredDeadLetters } from './metered-dead-letters';
import { MeteredLogTopic } from './metered-log.topic';
import { MeteredShardStore } from './metered-shard.store';

/** The series of a metric that are not 0, by their labels' words. */
async function counted(metric: Counter<string> | Histogram<string>): Promise<Record<string, number>> {
  const { values } = await metric.get();
  return Object.fromEntries(
    values
      .filter(({ value, labels }) => value !== 0 && !('le' in labels))
      .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
}

describe('what is counted at the edges of processing', () => {
  it('is a transaction, by how it ended; the time of those that committed alone', async () => {
    const instruments = createInstruments(new Registry());
    const memory = new MemoryShardStore();
    const store = new MeteredShardStore(memory, instruments);
    const run = (): Promise<unknown> => store.inShard(0, ['acme'], async () => undefined);
    for (const error of [
      new StoreConflict('x'),
      new StoreOutage('x'),
      new StoreRefusal('x'),
      new TypeError('x'),
    ]) {
      memory.faults.push({ at: 'write', error });
      await expect(run()).rejects.toBe(error);
    }
    await run();
    expect(await counted(instruments.transactions)).toEqual({
      conflict: 1,
      outage: 1,
      failed: 2,
      committed: 1,
    });
    const { values } = await instruments.transactionDuration.get();
    expect(values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(1);
  });

  it('is a dead letter, by stage and code, once the broker has it; a code of no known kind is another', async () => {
    const instruments = createInstruments(new Registry());
    let isAway = true;
    const broker = { publish: async () => void (isAway && (await Promise.reject(new Error('away')))) };
    const letters = new MeteredDeadLetters(broker, instruments);
    const letter = (code: string) => ({
      ...{ record: aRecord(0, 'x'), message: 'x', attempt: 1 },
      ...{ stage: 'decode' as const, code },
    });
    const publish = (): Promise<void> =>
      letters.publish(['not_json', 'not_json', 'Anna', 'constructor'].map(letter));
    await expect(publish()).rejects.toThrow('away');
    expect(await counted(instruments.deadLetters)).toEqual({});
    isAway = false;
    await publish();
    expect(await counted(instruments.deadLetters)).toEqual({ 'decode not_json': 2, 'decode other': 2 });
  });

  it('is what the relay publishes, and what the broker does not take, by why', async () => {
    const instruments = createInstruments(new Registry());
    const answers: AppendResult[] = [
      { outcome: 'appended', baseOffset: 0 },
      { outcome: 'unavailable', cause: new Error('away') },
      { outcome: 'duplicate', cause: new Error('there already') },
    ];
    const inner: Pick<LogTopic, 'append'> = { append: async () => answers.shift()! };
    const topic = new MeteredLogTopic(inner as LogTopic, instruments);
    const entries = [{}, {}, {}] as LogEntry[];
    for (let i = 0; i < 3; i += 1) await topic.append('rejection', 7, 1, entries);
    expect(await counted(instruments.relayPublished)).toEqual({ 'rejection 7': 3 });
    expect(await counted(instruments.relayAppendFailures)).toEqual({
      'rejection unavailable': 1,
      'rejection duplicate': 1,
    });
  });

  it('begins at 0 for every word there is, so that the first of its kind is a rise', async () => {
    const text = await (async () => {
      const registry = new Registry();
      createInstruments(registry);
      return registry.metrics();
    })();
    for (const series of [
      'conversation_tasks_dead_letters_total{stage="apply",code="not_applicable"} 0',
      'conversation_tasks_events_total{topic="conversation-events.call",outcome="skipped"} 0',
      'conversation_tasks_rejections_total{code="task_exists"} 0',
    ])
      expect(text).toContain(series);
  });
});
