import { type LoggerService } from '@nestjs/common';
import { Kafka, logLevel, type LogEntry, type RetryOptions } from 'kafkajs';
import { registerCodecs } from './codecs';

export interface KafkaClientOptions {
  /** host:port of brokers to begin with. */
  brokers: string[];
  /** Named in the broker's logs and quotas. */
  clientId: string;
  /** How often a call is tried again; default 8, which takes about 16 s. Longer outages the caller waits out itself. */
  retries?: number;
  /** How long a request may take; default 30,000 ms. */
  requestTimeoutMs?: number;
}

const RETRY: RetryOptions = {
  initialRetryTime: 100,
  multiplier: 2,
  factor: 0.2,
  maxRetryTime: 5_000,
  // Consumers are restarted by GroupConsumer, which also knows which errors must end the process.
  restartOnFailure: () => Promise.resolve(false),
};

/** A kafkajs client that reads every compression, retries with bounds, and logs to the given logger. */
export function createKafka(
  { brokers, clientId, retries = 8, requestTimeoutMs = 30_000 }: KafkaClientOptions,
  logger: LoggerService,
): Kafka {
  registerCodecs();
  // We always name our partitioner, which is the Java client's.
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] ??= '1';
  return new Kafka({
    brokers,
    clientId,
    retry: { ...RETRY, retries },
    connectionTimeout: 5_000,
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeTo(logger, entry),
  });
}

/** A client for a probe: it tries no call again, gives up soon, and is quiet, since whoever probes says what came of it. */
export function createProbingKafka(brokers: string[], logger: LoggerService): Kafka {
  const say = (line: string): void => logger.debug?.(line);
  const quiet = { log: say, warn: say, error: say, debug: say };
  return createKafka(
    { brokers, clientId: 'conversation-tasks-probe', retries: 0, requestTimeoutMs: 5_000 },
    quiet,
  );
}

/** kafkajs' "info" (joined, paused, stopped) is our "debug": the strategy says the same in the deployment's own words. */
function writeTo(logger: LoggerService, { namespace, level, log }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = log;
  const line = `kafkajs ${namespace}: ${message} ${JSON.stringify(rest)}`;
  if (level === logLevel.ERROR) logger.error(line);
  else if (level === logLevel.WARN) logger.warn(line);
  else logger.debug?.(line);
}
