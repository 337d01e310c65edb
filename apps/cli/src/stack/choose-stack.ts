import { StackError } from '#libs/stack';
import { composeStack, engineAnswers } from './compose.stack';
import { externalStack } from './external.stack';
import { nativeStack } from './native.stack';
import { type RunningStack } from './running-stack';

/**
 * Starts what the service runs on: servers of your own when KAFKA_BROKERS and DATABASE_URL are set, else Docker
 * Compose when an engine answers, else native processes; STACK decides between those two. Resolves when both servers serve.
 * @throws StackError in one line, with the remedy
 */
export async function chooseStack(
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<RunningStack> {
  if (env.KAFKA_BROKERS || env.DATABASE_URL) return externalStack(env, log);
  const wanted = env.STACK?.trim();
  if (wanted && wanted !== 'compose' && wanted !== 'native')
    throw new StackError('STACK is unknown', 'it is compose, native or unset');
  if (wanted ? wanted === 'compose' : engineAnswers()) {
    log('starting Kafka and PostgreSQL with Docker Compose');
    return composeStack(log);
  }
  log('starting Apache Kafka and PostgreSQL as processes of this machine');
  return nativeStack(log);
}
