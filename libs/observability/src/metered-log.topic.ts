import { type AppendResult, type LogEntry, type LogName, type LogTopic, type TopicEnd } from '#libs/relay';
import { type Instruments } from './metric.instruments';

/** A `LogTopic` whose appends are timed and counted. */
export class MeteredLogTopic implements LogTopic {
  constructor(
    private readonly topic: LogTopic,
    private readonly instruments: Pick<
      Instruments,
      'relayPublished' | 'relayAppendDuration' | 'relayAppendFailures'
    >,
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
    const { relayPublished, relayAppendDuration, relayAppendFailures } = this.instruments;
    const began = performance.now();
    const result = await this.topic.append(log, shard, firstPosition, entries);
    if (result.outcome === 'appended') {
      relayAppendDuration.observe({ log }, (performance.now() - began) / 1_000);
      relayPublished.inc({ log, shard: String(shard) }, entries.length);
    } else relayAppendFailures.inc({ log, outcome: result.outcome });
    return result;
  }
}
