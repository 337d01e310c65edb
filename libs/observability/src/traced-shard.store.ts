import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { type Cause } from '#libs/domain';
import {
  causeOf,
  type InputPosition,
  type LoggedActivity,
  type LoggedRejection,
  type ShardChanges,
  type ShardStore,
  type ShardTransaction,
} from '#libs/processing';
import { isSampled, spanContextOf, traceparentOf } from './trace.context';

/**
 * A `ShardStore` whose transactions are spans of a batch's trace, and in which every event that comes with a sampled `traceparent`
 * and leads to something gets a span in its own trace. What it leads to is stored, and hence published, with that span as its
 * parent: a log entry is a function of its row, however often it is published.
 *
 * An event's span ends with its transaction's commit. Of one that was rolled back nothing is sent, as nothing of it is stored.
 */
export class TracedShardStore implements ShardStore {
  /** @param batch the context of the batch's span. */
  constructor(
    private readonly store: ShardStore,
    private readonly tracer: Tracer,
    private readonly batch: Context,
  ) {}

  async inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
    size?: number,
  ): Promise<T> {
    const attributes = { 'conversation_tasks.shard': shard };
    const span = this.tracer.startSpan('shard transaction', { attributes }, this.batch);
    const events = new EventSpans(this.tracer, span);
    try {
      const traced = (tx: ShardTransaction): Promise<T> => {
        span.addEvent('locked');
        return work(continuingTraces(tx, events));
      };
      const result = await this.store.inShard(shard, tenantIds, traced, size);
      events.end();
      return result;
    } catch (error) {
      // The name alone: a message may quote what was written.
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).name });
      throw error;
    } finally {
      span.end();
    }
  }

  storePosition(position: InputPosition): Promise<void> {
    return this.store.storePosition(position);
  }
}

/** The transaction is this caller's alone, so its `write` may be replaced; a copy would not have its private fields. */
function continuingTraces(tx: ShardTransaction, events: EventSpans): ShardTransaction {
  const write = tx.write.bind(tx);
  tx.write = (changes: ShardChanges) =>
    write({
      ...changes,
      activities: changes.activities.map((activity) => events.withActivity(activity)),
      rejections: changes.rejections.map((rejection) => events.withRejection(rejection)),
    });
  return tx;
}

/** The spans of a transaction's events, each in the trace of its event. */
class EventSpans {
  readonly #spans = new Map<string, Span>();
  readonly #began = Date.now();
  readonly #links: Link[];

  constructor(
    private readonly tracer: Tracer,
    transaction: Span,
  ) {
    this.#links = [{ context: transaction.spanContext() }];
  }

  withActivity(activity: LoggedActivity): LoggedActivity {
    const { traceparent, tenantId, cause } = activity;
    if (traceparent === undefined) return activity;
    return { ...activity, traceparent: this.#continued(traceparent, tenantId, cause) };
  }

  withRejection(rejection: LoggedRejection): LoggedRejection {
    const { event } = rejection;
    if (event.traceparent === undefined) return rejection;
    const traceparent = this.#continued(event.traceparent, event.tenantId, causeOf(event));
    return { ...rejection, event: { ...event, traceparent } };
  }

  end(): void {
    for (const span of this.#spans.values()) span.end();
  }

  /** One span an event, however much it leads to. One that is not sampled goes out as it came in. */
  #continued(traceparent: string, tenantId: string, cause: Cause): string {
    const parent = spanContextOf(traceparent);
    if (!parent || !isSampled(parent)) return traceparent;
    const key = `${tenantId}\0${cause.source}\0${cause.id}`;
    let span = this.#spans.get(key);
    if (!span) {
      span = this.tracer.startSpan(
        `process ${cause.topic}`,
        {
          kind: SpanKind.CONSUMER,
          startTime: this.#began,
          links: this.#links,
          attributes: attributesOf(cause),
        },
        trace.setSpanContext(ROOT_CONTEXT, parent),
      );
      this.#spans.set(key, span);
    }
    return span.isRecording() ? traceparentOf(span.spanContext()) : traceparent;
  }
}

/** Where the event was read. Not its id, which its producer may have made of anything. */
function attributesOf({ topic, partition, offset }: Cause): Record<string, string | number | undefined> {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': offset,
  };
}
