import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectRoot } from '#libs/stack';

export interface NodeProcessOptions {
  /** The built program, from the project's root: `dist/apps/worker/src/main.js`. */
  program: string;
  args?: string[];
  /** All of its environment beside PATH and HOME: nothing of the test's own leaks in. */
  env: Record<string, string>;
  /** Given on standard input, which is empty otherwise. */
  input?: string;
  /** Modules loaded before the program, such as one that injects a fault. */
  preload?: string[];
}

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const END_WITH_PARENT = join(projectRoot(), 'libs', 'testing', 'bin', 'end-with-parent.cjs');
/** What a failure message quotes, characters. */
const QUOTED = 4_000;

/** A Node process of a test's own, with what it wrote. It ends with the test's process, however that ends. */
export class NodeProcess {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #exit: Exit | null = null;
  readonly #messages: unknown[] = [];
  #changed: () => void = () => undefined;
  /** Resolves when it has ended and all it wrote is here; never rejects. */
  readonly exited: Promise<Exit>;

  /** @throws when the program is not built. */
  constructor(private readonly options: NodeProcessOptions) {
    const program = join(projectRoot(), options.program);
    if (!existsSync(program)) throw new Error(`${options.program} is missing: npm run build`);
    const preload = [END_WITH_PARENT, ...(options.preload ?? [])].flatMap((file) => ['--require', file]);
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(process.execPath, [...preload, program, ...(options.args ?? [])], {
      cwd: projectRoot(),
      env: { PATH, HOME, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout!.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#child.stdin!.on('error', () => undefined).end(options.input ?? '');
    this.#child.on('message', (message) => {
      this.#messages.push(message);
      this.#changed();
    });
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#exit = exit;
        this.#changed();
        resolve(exit);
      };
      this.#child.once('error', (error) => {
        this.#stderr += error.message;
        end({ code: null, signal: null });
      });
      this.#child.once('close', (code, signal) => end({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** How it ended, or null while it runs. */
  get exit(): Exit | null {
    return this.#exit;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the first message over IPC that is wanted. @throws with what it wrote when it ends before, or after `withinMs`. */
  async message<Message>(
    wanted: (message: unknown) => message is Message,
    withinMs: number,
  ): Promise<Message> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.#messages.find(wanted);
      if (found !== undefined) return found;
      if (this.#exit) throw this.failure(`ended with ${this.#exit.code ?? this.#exit.signal}`);
      const left = deadline - Date.now();
      if (left <= 0) throw this.failure(`said nothing within ${withinMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Sends a signal; one that has ended is left alone. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#exit) this.#child.kill(signal);
  }

  /** An error with the end of what it wrote. */
  failure(problem: string): Error {
    const wrote = (this.#stdout + this.#stderr).slice(-QUOTED);
    const name = relative('dist', this.options.program);
    return new Error(`${name} ${this.options.args?.join(' ') ?? ''} (pid ${this.pid}) ${problem}\n${wrote}`);
  }
}
