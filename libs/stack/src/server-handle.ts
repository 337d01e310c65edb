import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, findProcess, isRunning } from './process-table';
import { StackError } from './stack-error';
import { SupervisedProcess, type ServerExit, type SupervisedPlan } from './supervised-process';

/** How a server ended, in words. */
function describeExit(what: string, exit: ServerExit): string {
  if (exit.error) return `${what} ended: ${exit.error}`;
  return exit.signal ? `${what} was ended by ${exit.signal}` : `${what} ended with exit code ${exit.code}`;
}

/** What differs between Kafka and PostgreSQL when one is run. */
export interface ServerRecipe {
  what: string;
  port: number;
  /** Run before each start: leftovers, port. */
  prepare(): Promise<void>;
  plan(): SupervisedPlan;
  /** One attempt to talk to it; resolves when it serves, rejects while it does not. */
  ping(): Promise<void>;
  /** How long a start may take, milliseconds. */
  startTimeoutMs: number;
}

/** One server run by recipe: started, awaited until healthy, stopped, crashed, started again. */
export class ServerHandle {
  private process: SupervisedProcess | null = null;

  private constructor(private readonly recipe: ServerRecipe) {}

  /** Starts it and resolves when it serves. @throws StackError with its last log line when it does not */
  static async start(recipe: ServerRecipe): Promise<ServerHandle> {
    const handle = new ServerHandle(recipe);
    await handle.launch();
    return handle;
  }

  get port(): number {
    return this.recipe.port;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  get exited(): Promise<string> {
    if (!this.process) return Promise.resolve(`${this.recipe.what} is not running`);
    return this.process.exited.then((exit) => describeExit(this.recipe.what, exit));
  }

  async stop(): Promise<void> {
    await this.process?.stop();
  }

  async kill9(): Promise<void> {
    if (!this.process) return;
    // PostgreSQL's processes are children of the postmaster: killed with it, and waited for.
    const all = [this.process.pid, ...descendants(this.process.pid)].flatMap((pid) => findProcess(pid) ?? []);
    await this.process.kill9();
    while (all.some(isRunning)) await sleep(20);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  private async launch(): Promise<void> {
    await this.recipe.prepare();
    const started = await SupervisedProcess.start(this.recipe.plan());
    this.process = started;
    const end = Date.now() + this.recipe.startTimeoutMs;
    for (;;) {
      if (started.exit) throw this.failure(describeExit(this.recipe.what, started.exit), started);
      try {
        await this.recipe.ping();
        return;
      } catch (error) {
        if (error instanceof StackError) {
          await started.stop();
          throw error;
        }
        if (Date.now() > end) {
          await started.stop();
          throw this.failure(`${this.recipe.what} does not answer: ${(error as Error).message}`, started);
        }
      }
      await sleep(100);
    }
  }

  private failure(problem: string, started: SupervisedProcess): StackError {
    const last = started.lastLogLines(1);
    return new StackError(last ? `${problem} (${last})` : problem, `see ${this.recipe.plan().logFile}`);
  }
}
