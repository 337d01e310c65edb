import { type Link, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { type AppendResult, type LogEntry, type LogName, type LogTopic, type TopicEnd } from '#libs/relay';
import { MOST_LINKS } from './batch.observer';
import { spanContextOf } from './trace.context';

/** A `LogTopic` whose appends are spans, with links to what the entries continue. */
export class TracedLogTopic implements LogTopic {
  constructor(
    private readonly topic: LogTopic,
    private readonly tracer: Tracer,
  ) {}

  nameOf(log: LogName): string {
    return this.topic.nameOf(log);
  }

  end(log: LogName, shard: number): Promise<TopicEnd> {
    return this.topic.end(log, shard);
  }

  async append(
    log: LogName,
    shard: number,
    firstPosition: number,
    entries: LogEntry[],
  ): Promise<AppendResult> {
    const name = this.nameOf(log);
    const span = this.tracer.startSpan(`send ${name}`, {
      kind: SpanKind.PRODUCER,
      links: linksOf(entries),
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': name,
        'messaging.destination.partition.id': String(shard),
        'messaging.batch.message_count': entries.length,
        'messaging.kafka.offset': firstPosition - 1,
      },
    });
    const result = await this.topic.append(log, shard, firstPosition, entries);
    if (result.outcome !== 'appended')
      span.setStatus({ code: SpanStatusCode.ERROR, message: result.outcome });
    span.end();
    return result;
  }
}

/** The first few: a batch may have 500. */
function linksOf(entries: readonly LogEntry[]): Link[] {
  const links: Link[] = [];
  for (const { headers } of entries) {
    const context = headers.traceparent === undefined ? null : spanContextOf(headers.traceparent);
    if (context) links.push({ context });
    if (links.length === MOST_LINKS) break;
  }
  return links;
}
