import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { descendants, ownIdentity } from './process-table';
import { projectRoot } from './project-root';

/** What to run under a supervisor; see libs/stack/bin/supervise.mjs. */
export interface SupervisedPlan {
  /** The folder that belongs to this server alone; by it a later start recognises what an earlier one left. */
  dataDir: string;
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
  logFile: string;
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** Milliseconds between the stop signal and SIGKILL. */
  graceMs: number;
}

/** How a server ended; `error` when it could not be started at all. */
export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: string;
}

type SupervisorMessage =
  { pid: number } | { error: string } | { code: number | null; signal: NodeJS.Signals | null };

/** Past this size a server's log starts anew, bytes. */
const LOG_LIMIT = 20 * 1024 * 1024;

/** Empties a log that has grown past the limit, so that years of restarts do not fill the disk. */
function limitLog(file: string): void {
  if (!existsSync(file) || statSync(file).size < LOG_LIMIT) return;
  const descriptor = openSync(file, 'r+');
  ftruncateSync(descriptor, 0);
  closeSync(descriptor);
}

/** What this process supervises at the moment, for stopAllServers. */
const running = new Set<SupervisedProcess>();

/** Stops every server this process has started and not stopped, also one that is still starting. */
export async function stopAllServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

/** A server that cannot outlive this process: when this process dies, also by SIGKILL, its supervisor stops the server. */
export class SupervisedProcess {
  private supervisor!: ChildProcess;
  private serverPid = 0;
  private ended: ServerExit | null = null;
  /** Resolves when the server and its supervisor have ended; never rejects. */
  readonly exited: Promise<ServerExit>;
  private readonly started: Promise<void>;

  private constructor(private readonly plan: SupervisedPlan) {
    limitLog(plan.logFile);
    const argument = JSON.stringify({ ...plan, owner: ownIdentity() });
    const script = join(projectRoot(), 'libs', 'stack', 'bin', 'supervise.mjs');
    // A session of its own: a terminal's Ctrl-C reaches this process only, which then stops its servers in order.
    // No NODE_OPTIONS: a debugger or a loader is meant for this process.
    this.supervisor = spawn(process.execPath, [script, argument], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    running.add(this);
    let markStarted: () => void;
    this.started = new Promise((resolve) => (markStarted = resolve));
    let result: ServerExit = { code: null, signal: null, error: 'its supervisor was killed' };
    this.supervisor.on('message', (message: SupervisorMessage) => {
      if ('pid' in message) {
        this.serverPid = message.pid;
        markStarted();
      } else if ('error' in message) {
        result = { code: null, signal: null, error: message.error };
      } else {
        result = message;
      }
    });
    this.exited = new Promise((resolve) => {
      const end = (exit: ServerExit): void => {
        this.ended = exit;
        running.delete(this);
        markStarted();
        resolve(exit);
      };
      this.supervisor.once('error', (error) => end({ code: null, signal: null, error: error.message }));
      // 'close' comes after the last message was delivered, 'exit' may come before.
      this.supervisor.once('close', () => end(result));
    });
  }

  /** Starts the server. Resolves when it runs or has already failed: look at `exit`. */
  static async start(plan: SupervisedPlan): Promise<SupervisedProcess> {
    const started = new SupervisedProcess(plan);
    await started.started;
    return started;
  }

  /** The server's pid (not the supervisor's). */
  get pid(): number {
    return this.serverPid;
  }

  /** How it ended, or null while it runs. */
  get exit(): ServerExit | null {
    return this.ended;
  }

  /** Asks the server to stop, and ends it after the grace period. Resolves when it has ended. */
  async stop(): Promise<ServerExit> {
    if (!this.ended) this.supervisor.kill('SIGTERM');
    return this.exited;
  }

  /** Ends the server and all its processes at once, as a crash or a power cut would. */
  async kill9(): Promise<ServerExit> {
    if (!this.ended) {
      for (const pid of [this.serverPid, ...descendants(this.serverPid)]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself meanwhile.
        }
      }
    }
    return this.exited;
  }

  /** The last lines the server logged, for an error message. */
  lastLogLines(count: number): string {
    if (!existsSync(this.plan.logFile)) return '';
    return readFileSync(this.plan.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  }
}
