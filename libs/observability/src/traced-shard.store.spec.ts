import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { Registry } from 'prom-client';
import {
  countOutcomes,
  type InboundEvent,
  KeyedQueue,
  processBatch,
  type ProcessingPorts,
  StoreConflict,
  TenantDirectory,
} from '#libs/processing';
import { aRecord, anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import { BatchObserver, MOST_LINKS } from './batch.observer';
import { createInstruments } from './metric.instruments';

const TRACE = 'a'.repeat(32);
const PARENT = 'b'.repeat(16);
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const create = (differences: Partial<InboundEvent> = {}): InboundEvent =>
  anEvent(createCommand(), { traceparent: SAMPLED, ...differences });

/** Processes a batch of these events under watch. */
async function world(
  events: InboundEvent[],
  { sampler, traces = true }: { sampler?: Sampler; traces?: boolean } = {},
) {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    ...(sampler && { sampler }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const store = new MemoryShardStore();
  const ports: ProcessingPorts = {
    intake: { read: ({ offset }) => ({ kind: 'event', event: events[Number(offset)]! }) },
    store,
    deadLetters: { publish: async () => undefined },
    directory: new TenantDirectory(),
    queue: new KeyedQueue(),
    now: () => '2026-11-01T00:00:00.000Z',
    shardOf: () => 0,
  };
  const tracer = traces ? provider.getTracer('test') : null;
  const records = events.map((_, offset) => aRecord(offset, '{}'));
  const watch = new BatchObserver(createInstruments(new Registry()), tracer).watch(records, ports);
  const run = async (): Promise<void> => {
    const outcomes = await processBatch(records, watch.ports, { isRunning: () => true });
    watch.applied(outcomes, countOutcomes(outcomes));
  };
  const spans = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);
  const stored = (): (string | undefined)[] => store.state.activities.map(({ traceparent }) => traceparent);
  return { store, run, watch, spans, stored };
}

const EVENT = 'process conversation-events.call';
const BATCH = 'process batch conversation-events.call';

describe('a batch under watch', () => {
  it('stores with what an event leads to our span in the event’s trace, and sends that span', async () => {
    const { run, spans, stored } = await world([create()]);
    await run();
    const [span] = spans(EVENT);
    const { traceId, spanId } = span!.spanContext();
    expect([traceId, span!.parentSpanContext?.spanId]).toEqual([TRACE, PARENT]);
    expect(stored()).toEqual([`00-${TRACE}-${spanId}-01`]);
  });

  it('sends nothing of a transaction that was rolled back but that it was: an event has one span, which is the one stored', async () => {
    const { run, spans, stored, store } = await world([create()]);
    store.faults.push({ at: 'write', error: new StoreConflict('taken') });
    await run();
    expect(spans('shard transaction').map(({ status }) => status.message)).toEqual([
      'StoreConflict',
      undefined,
    ]);
    expect(spans(EVENT)).toHaveLength(1);
    expect(stored()).toEqual([`00-${TRACE}-${spans(EVENT)[0]!.spanContext().spanId}-01`]);
  });

  it.each([
    ['not sampled', `00-${TRACE}-${PARENT}-00`, undefined],
    ['not sampled, though we would', `00-${TRACE}-${PARENT}-00`, new AlwaysOnSampler()],
    ['sampled by its producer, and not by us', SAMPLED, new AlwaysOffSampler()],
  ])('lets a traceparent go on as it came that is %s', async (_, traceparent, sampler) => {
    const { run, spans, stored } = await world([create({ traceparent })], { sampler });
    await run();
    expect(stored()).toEqual([traceparent]);
    expect(spans(EVENT)).toEqual([]);
  });

  it('lets every traceparent go on as it came when no traces are wanted, and names the first in the log', async () => {
    const { run, watch, stored } = await world([create()], { traces: false });
    await run();
    expect(stored()).toEqual([SAMPLED]);
    expect(watch.traceFields).toEqual({ trace_id: TRACE, span_id: PARENT });
  });

  it('links to the traces of its events, each once, and not to all of a large batch', async () => {
    const traceOf = (i: number): string => i.toString(16).padStart(32, '0');
    const events = Array.from({ length: 3 * MOST_LINKS }, (_, i) =>
      create({ traceparent: `00-${traceOf(1 + Math.floor(i / 2))}-${PARENT}-01` }),
    );
    const { run, spans, watch } = await world(events);
    await run();
    const linked = spans(BATCH)[0]!.links.map(({ context }) => context.traceId);
    expect(linked).toEqual(Array.from({ length: MOST_LINKS }, (_, i) => traceOf(1 + i)));
    expect(watch.traceFields.trace_ids).toEqual(linked.slice(0, 8));
    expect(watch.traceFields.trace_id).toBe(spans(BATCH)[0]!.spanContext().traceId);
  });

  it('is a trace of its own, with its transactions as children', async () => {
    const { run, spans } = await world([create()]);
    await run();
    expect(spans(BATCH)[0]!.parentSpanContext).toBeUndefined();
    expect(spans('shard transaction')[0]!.parentSpanContext?.spanId).toBe(
      spans(BATCH)[0]!.spanContext().spanId,
    );
  });
});
