import { userInfo } from 'node:os';
import {
  type Operation,
  type OperationKind,
  OperationLost,
  type OperationStart,
  type OperationStore,
} from '#libs/persistence';
import { OperationRun } from '#libs/processing';
import { CliError } from '../cli.error';
import { note } from '../output';

/** Who runs this command, when nothing else is said. */
export function osUser(): string {
  try {
    return `os:${userInfo().username}`;
  } catch {
    return 'os:unknown';
  }
}

/** An operation this process holds: begun, or taken over. */
export interface HeldOperation<Parameters, Progress> {
  id: string;
  parameters: Parameters;
  /** From where it goes on. */
  progress: Progress;
}

/** Writes down that it begins. */
export async function beginOperation<Parameters, Progress>(
  store: OperationStore,
  start: OperationStart<Parameters, Progress>,
): Promise<HeldOperation<Parameters, Progress>> {
  const id = await store.begin(start);
  return { id, parameters: start.parameters, progress: start.progress };
}

/** Takes one over that is paused, has failed or whose process is gone. @throws CliError when that cannot be. */
export async function resumeOperation<Parameters, Progress>(
  store: OperationStore,
  kind: OperationKind,
  id: string,
): Promise<HeldOperation<Parameters, Progress>> {
  const found = await findOperation(store, [kind], id);
  try {
    const { parameters, progress } = (await store.resume(found.id)) as Operation<Parameters, Progress>;
    return { id: found.id, parameters, progress };
  } catch (error) {
    if (error instanceof OperationLost) throw new CliError(error.message);
    throw error;
  }
}

/** @throws CliError when there is none of these kinds under the id. */
export async function findOperation(
  store: OperationStore,
  kinds: readonly OperationKind[],
  id: string,
): Promise<Operation> {
  const found = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? await store.find(id) : null;
  if (found && kinds.includes(found.kind)) return found;
  throw new CliError(`there is no ${kinds.join(' or ')} ${id}`, "'replay status' lists them with their ids");
}

/**
 * Runs the work of an operation to its end, to Ctrl-C, or to what another command asks of it.
 *
 * @param work.progress how far it got, also for whoever goes on with it.
 * @param work.failed told what ended it, before that is written down.
 */
export async function runOperation<Progress>(
  store: OperationStore,
  id: string,
  work: {
    progress(): Progress;
    failed(reason: string): void;
    through(run: OperationRun<Progress>): Promise<void>;
  },
): Promise<'done' | 'paused' | 'aborted'> {
  const run = new OperationRun<Progress>({
    journal: {
      report: (progress) => store.report(id, progress),
      leave: (status, progress) => store.leave(id, status, progress),
    },
    progress: () => work.progress(),
    onWait: (error, pauseMs) => note(`waiting ${pauseMs} ms: ${error.message}`),
  });
  const pause = (): void => {
    note('pausing after what is under way');
    run.pause();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, pause);
  try {
    return await run.through(async () => {
      try {
        await work.through(run);
      } catch (error) {
        work.failed(error instanceof Error ? error.message : String(error));
        throw error;
      }
    });
  } finally {
    for (const signal of signals) process.off(signal, pause);
  }
}
