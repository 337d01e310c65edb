import { type Exit, NodeProcess } from './node-process';

/** For a worker: to join two groups, behind members that were killed and are still thought alive, on a machine that does much else. */
const READY_WITHIN_MS = 120_000;
/** A probe is answered at once; the machine may be busy. */
const PROBE_WITHIN_MS = 10_000;

export interface ServiceOptions {
  /** Settings beside the deployment's, or instead of them. */
  env?: Record<string, string>;
  /** Modules loaded before the program, such as one that injects a fault. */
  preload?: string[];
}

/** One process of the service, the built program, as production runs it. */
export abstract class ServiceProcess {
  readonly #process: NodeProcess;

  constructor(program: string, { env, preload }: Required<ServiceOptions>) {
    this.#process = new NodeProcess({ program, env, preload });
  }

  /** Resolves when it does its work. @throws with its log when it does not. */
  async ready(): Promise<this> {
    await this.#process.message(isReady, READY_WITHIN_MS);
    return this;
  }

  /** What a probe is answered; `status` 0 when nobody answers. Any time: it need not be ready. */
  async probe(
    path: '/health/live' | '/health/ready' | '/metrics',
  ): Promise<{ status: number; body: string }> {
    try {
      const { managementPort } = await this.#process.message(tellsPort, READY_WITHIN_MS);
      const url = `http://127.0.0.1:${managementPort}`;
      const response = await fetch(url + path, { signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }

  /** Resolves with how it ended, having never been ready. @throws with its log when it starts after all. */
  async refused(): Promise<Exit> {
    const started = await this.ready().then(
      () => true,
      () => false,
    );
    if (started || !this.exit) throw this.failure('did not refuse to start');
    return this.exit;
  }

  /** The first of these messages to its parent. @throws with its log when it says nothing. */
  protected told<Message>(wanted: (message: unknown) => message is Message): Promise<Message> {
    return this.#process.message(wanted, READY_WITHIN_MS);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** How it ended, or null while it runs. */
  get exit(): Exit | null {
    return this.#process.exit;
  }

  /** Resolves when it has ended; never rejects. */
  get exited(): Promise<Exit> {
    return this.#process.exited;
  }

  /** Everything it logged and wrote. */
  get log(): string {
    return this.#process.stdout + this.#process.stderr;
  }

  /** Its log's lines that are JSON, parsed. */
  logLines(): { level: number; msg?: string }[] {
    return this.#process.stdout
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as { level: number; msg?: string });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** SIGTERM, as an orchestrator would. */
  async stop(): Promise<Exit> {
    this.#process.signal('SIGTERM');
    return this.#process.exited;
  }

  /** `kill -9`: as a crash or a power cut. */
  async kill9(): Promise<Exit> {
    this.#process.signal('SIGKILL');
    return this.#process.exited;
  }

  /** An error with the end of its log. */
  failure(problem: string): Error {
    return this.#process.failure(problem);
  }
}

function isReady(message: unknown): message is { ready: true } {
  return (message as { ready?: unknown } | null)?.ready === true;
}

function tellsPort(message: unknown): message is { managementPort: number } {
  return typeof (message as { managementPort?: unknown } | null)?.managementPort === 'number';
}
