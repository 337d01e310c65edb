import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessIdentity, type ProcessEntry, isRunning, listProcesses } from './process-table';
import { StackError } from './stack-error';

/** Whether a process belongs to the server whose data is in that folder. */
type BelongsTo = (entry: ProcessEntry) => boolean;

/** The supervisor's owner, from its argument; null when it is not the supervisor of that folder. */
function ownerIfSupervisor(entry: ProcessEntry, dataDir: string): ProcessIdentity | null {
  if (!entry.command.includes('supervise.mjs')) return null;
  try {
    const plan = JSON.parse(entry.command.slice(entry.command.indexOf('{'))) as {
      dataDir: string;
      owner: ProcessIdentity;
    };
    return plan.dataDir === dataDir ? plan.owner : null;
  } catch {
    return null;
  }
}

/** Sends a signal; a process that has ended meanwhile is no error. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until `find` finds nothing more. @returns what is left after `ms` milliseconds */
async function waitForNone(find: () => ProcessEntry[], ms: number): Promise<ProcessEntry[]> {
  const end = Date.now() + ms;
  for (;;) {
    const left = find();
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(100);
  }
}

/**
 * Makes sure that no server of an earlier run works on a data folder. A supervisor whose owner died is stopping its
 * server already and is waited for; a server whose supervisor was killed too is ended. They are found in the process
 * list by the data folder in their command line, so that no pid file can be stale.
 * @param isServer tells the server's own process
 * @throws StackError when another process of ours, still alive, runs a server there
 */
export async function endLeftovers(dataDir: string, what: string, isServer: BelongsTo): Promise<void> {
  for (const entry of listProcesses()) {
    const owner = ownerIfSupervisor(entry, dataDir);
    if (owner && isRunning(owner)) {
      throw new StackError(
        `${what} is already running on ${dataDir}, started by process ${owner.pid}`,
        `use that one, or stop it (Ctrl-C where it was started, or: kill ${owner.pid})`,
      );
    }
  }
  const supervisors = (): ProcessEntry[] =>
    listProcesses().filter((entry) => ownerIfSupervisor(entry, dataDir));
  const servers = (): ProcessEntry[] => listProcesses().filter(isServer);
  for (const entry of await waitForNone(supervisors, 30_000)) signal(entry.pid, 'SIGKILL');
  for (const entry of servers()) signal(entry.pid, 'SIGTERM');
  for (const entry of await waitForNone(servers, 15_000)) signal(entry.pid, 'SIGKILL');
  const left = await waitForNone(servers, 10_000);
  if (left[0])
    throw new StackError(`${what} of an earlier run does not end`, `end it: kill -9 ${left[0].pid}`);
}
