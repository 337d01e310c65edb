import {
  type LogName,
  type LogSource,
  type LogTopic,
  Relay,
  type RelayOptions,
  type RelayStoppedError,
} from '#libs/relay';
import { type MemoryLogSource } from './memory.log-source';
import { type PublishedRecord } from './published-record';

/** A relay that polls and backs off in milliseconds, and what it said. */
export interface RunningRelay {
  relay: Relay;
  stops: RelayStoppedError[];
  warnings: string[];
  messages: string[];
}

/** Starts a relay on these shards. The caller stops it. */
export function startRelay(
  source: LogSource,
  topic: LogTopic,
  shards: number[],
  options: Partial<RelayOptions> = {},
): RunningRelay {
  const stops: RelayStoppedError[] = [];
  const warnings: string[] = [];
  const messages: string[] = [];
  const relay = new Relay({
    source,
    topic,
    pollMs: 10,
    firstPauseMs: 10,
    longestPauseMs: 200,
    logger: { log: (message) => messages.push(message), warn: (message) => warnings.push(message) },
    onStopped: (error) => stops.push(error),
    ...options,
  });
  relay.assign(shards);
  return { relay, stops, warnings, messages };
}

/** The promise to consumers: at offset o the entry of position o + 1, none missing, none twice, the values equal. */
export function expectMirrored(
  records: PublishedRecord[],
  source: MemoryLogSource,
  log: LogName,
  shard: number,
  { from = 0 } = {},
): void {
  const found = records.map(({ offset, position, key, value }) => ({ offset, position, key, value }));
  const wanted = source
    .entries(log, shard)
    .slice(from)
    .map(({ position, key, value }) => ({ offset: position - 1, position, key, value }));
  expect(found).toEqual(wanted);
}
