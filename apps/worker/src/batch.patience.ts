import { type Logger } from 'nestjs-pino';
import { type BatchContext } from '#libs/messaging';
import { type Patience } from '#libs/processing';

/** How long to wait for an outage to end: as long as the partition is ours. */
export function patienceOf(context: BatchContext, logger: Logger): Patience {
  return {
    isRunning: () => context.isRunning(),
    heartbeat: () => context.heartbeat(),
    onWait: (error, pauseMs) => logger.warn(`waiting ${pauseMs} ms: ${describe(error)}`),
  };
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
