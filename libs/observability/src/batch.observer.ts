import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import {
  type Intake,
  type Outcome,
  type OutcomeCounts,
  type ProcessingPorts,
  type RawRecord,
} from '#libs/processing';
import { type Instruments } from './metric.instruments';
import { spanContextOf } from './trace.context';
import { TracedShardStore } from './traced-shard.store';

/** Traces that a span links to, at most: a batch may have 500, each of another conversation. */
export const MOST_LINKS = 64;
/** Trace ids in a line of the log, at most. */
const MOST_TRACE_IDS = 8;

/** What a line of the log says of the traces it belongs to. */
export interface TraceFields {
  trace_id?: string;
  span_id?: string;
  /** Of the batch's events, the first few; left out when `trace_id` is all there is to say. */
  trace_ids?: string[];
}

/** Watches batches: counts them, and gives each a span when traces are wanted. */
export class BatchObserver {
  /** @param tracer null when no traces are wanted. */
  constructor(
    private readonly instruments: Instruments,
    private readonly tracer: Tracer | null,
  ) {}

  /** The batch is about to be processed, with the ports of the watch in place of these. End it with `applied` or `failed`. */
  watch(records: readonly RawRecord[], ports: ProcessingPorts): BatchWatch {
    return new BatchWatch(records, ports, this.instruments, this.tracer);
  }
}

/** One batch under watch. */
export class BatchWatch {
  /** As they were given, but for what has to be seen. */
  readonly ports: ProcessingPorts;
  readonly #topic: string;
  readonly #size: number;
  readonly #began = performance.now();
  readonly #span: Span | null;
  /** Of the span, when it is sent somewhere. */
  readonly #own: SpanContext | null;
  /** The distinct traces of its events, the first few: by trace id, the span that comes before ours. */
  readonly #traces = new Map<string, string>();

  constructor(
    records: readonly RawRecord[],
    ports: ProcessingPorts,
    private readonly instruments: Instruments,
    tracer: Tracer | null,
  ) {
    const first = records[0]!;
    this.#topic = first.topic;
    this.#size = records.length;
    this.#span = tracer && startSpan(tracer, first, records.length);
    this.#own = this.#span?.isRecording() ? this.#span.spanContext() : null;
    const intake = this.#watching(ports.intake);
    this.ports = { ...ports, intake };
    if (tracer && this.#span)
      this.ports.store = new TracedShardStore(ports.store, tracer, contextOf(this.#span));
  }

  /** Our own span where there is one that is sent somewhere, else what the first event brought. */
  get traceFields(): TraceFields {
    const ids = [...this.#traces.keys()].slice(0, MOST_TRACE_IDS);
    const [first] = this.#traces;
    const own = this.#own;
    if (own) return { trace_id: own.traceId, span_id: own.spanId, ...(ids.length > 0 && { trace_ids: ids }) };
    if (!first) return {};
    return { trace_id: first[0], span_id: first[1], ...(ids.length > 1 && { trace_ids: ids }) };
  }

  /** Everything that the batch causes is stored. */
  applied(outcomes: readonly Outcome[], counts: OutcomeCounts): void {
    const { instruments } = this;
    const topic = this.#topic;
    instruments.batchRecords.observe({ topic }, this.#size);
    instruments.batchDuration.observe({ topic }, (performance.now() - this.#began) / 1_000);
    for (const outcome of ['applied', 'duplicate', 'rejected', 'dead_letter', 'skipped'] as const)
      if (counts[outcome] > 0) instruments.events.inc({ topic, outcome }, counts[outcome]);
    instruments.otherPayloads.inc(counts.otherPayload);
    instruments.tasksCreated.inc(counts.tasks);
    instruments.flowWarnings.inc(counts.warnings);
    if (counts.rejected > 0)
      for (const outcome of outcomes)
        if (outcome.kind === 'rejected') instruments.rejections.inc({ code: outcome.code });
    this.#span?.end();
  }

  /** It was given up: nothing of it was committed, and it comes again. */
  failed(error: Error): void {
    this.#span?.setStatus({ code: SpanStatusCode.ERROR, message: error.name });
    this.#span?.end();
  }

  /** The intake is where a `traceparent` is first known, in whatever binding it came. */
  #watching(intake: Intake): Intake {
    return {
      read: (record) => {
        const result = intake.read(record);
        const traceparent = result.kind === 'event' ? result.event.traceparent : headerOf(record);
        if (traceparent !== undefined) this.#note(traceparent);
        return result;
      },
    };
  }

  #note(traceparent: string): void {
    if (this.#traces.size === MOST_LINKS || this.#traces.has(traceparent.slice(3, 35))) return;
    const context = spanContextOf(traceparent);
    if (!context) return;
    this.#traces.set(context.traceId, context.spanId);
    this.#span?.addLink({ context });
  }
}

/** The span of a batch is the beginning of a trace: its events come from many. */
function startSpan(tracer: Tracer, { topic, partition, offset }: RawRecord, size: number): Span {
  return tracer.startSpan(
    `process batch ${topic}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': 'process batch',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.batch.message_count': size,
        'messaging.kafka.offset': Number(offset),
      },
    },
    ROOT_CONTEXT,
  );
}

function contextOf(span: Span): Context {
  return trace.setSpan(ROOT_CONTEXT, span);
}

/** What a record that is no event says of its trace, where that can be read without reading it. */
function headerOf({ headers }: RawRecord): string | undefined {
  const value = headers['traceparent'];
  return Buffer.isBuffer(value) || typeof value === 'string' ? value.toString() : undefined;
}
