import { setTimeout as pause } from 'node:timers/promises';

const TRIES = 40;
const PAUSE_MS = 250;

/**
 * Does `work` again while the broker says that something is on its way: a topic just made has, for a moment, no leader, or is not
 * known to every broker yet. Ten seconds at most, with the usual pause.
 */
export async function whileSettling<T>(work: () => Promise<T>, pauseMs = PAUSE_MS): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isSettling(error)) throw error;
      if (tries === TRIES)
        throw isLost(error)
          ? new Error('the brokers name no leader for some topic: are all of them up?', { cause: error })
          : error;
      await pause(pauseMs);
    }
  }
}

/** Whether the broker says that something is on its way. */
export function isSettling(error: unknown): boolean {
  const { name, retriable } = error as { name?: string; retriable?: boolean };
  return (name === 'KafkaJSProtocolError' && retriable === true) || isLost(error);
}

/**
 * Where the broker names no leader yet for a topic, any topic, also a stranger's, kafkajs loses what it said when topics are listed
 * (its `withBroker`), and reads of nothing.
 */
function isLost(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes("'topicMetadata'");
}
