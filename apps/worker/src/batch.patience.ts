import { type Logger } from 'nestjs-pino';
import { type BatchContext } from '#libs/messaging';
import { type Instruments } from '#libs/observability';
import { BrokerOutage, type Patience } from '#libs/processing';

/**
 * How long to wait for an outage to end: as long as the partition is ours.
 *
 * @param fields what the log's lines have beside the message.
 */
export function patienceOf(
  context: BatchContext,
  logger: Logger,
  { outageWait }: Pick<Instruments, 'outageWait'>,
  fields: () => object = () => ({}),
): Patience {
  return {
    isRunning: () => context.isRunning(),
    heartbeat: () => context.heartbeat(),
    onDone: () => context.progressed(),
    onWait: (error, pauseMs) => {
      const system = error instanceof BrokerOutage ? 'broker' : 'database';
      outageWait.inc({ system }, pauseMs / 1_000);
      logger.warn({ msg: `waiting ${pauseMs} ms: ${describe(error)}`, system, ...fields() });
    },
  };
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
