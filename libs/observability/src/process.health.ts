/** One thing that must hold for a process to be ready, and, when it does not, why: for the person who asks. */
export type Check = { ok: true } | { ok: false; reason: string };

/** Checks by what they are about: `database`, `broker`. */
export type Checks = Record<string, Check>;

/** The answer to a probe. */
export interface HealthReport {
  ok: boolean;
  checks: Checks;
}

/**
 * What a process says of itself when it is probed. It asks nobody: its checks are what somebody else found out lately, so that a
 * probe is answered at once, and any number of probes costs nothing.
 */
export class ProcessHealth {
  #checks: () => Checks = () => ({ start: { ok: false, reason: 'the process is starting' } });
  #end: string | undefined;
  #failed = false;

  /** From now on ready is what these say. Called at each probe: it must be quick and must not throw. */
  readyWhen(checks: () => Checks): void {
    this.#checks = checks;
  }

  /** The process is beyond help and about to end: neither ready nor live from now on. */
  fail(reason: string): void {
    this.#failed = true;
    this.#end = reason;
  }

  /** The process was told to stop: not ready any more, and nothing is wrong. */
  stop(): void {
    this.#end ??= 'the process is stopping';
  }

  /** Whether the process may be left running. That it answers at all says that its event loop turns. */
  live(): HealthReport {
    return reportOf({ process: this.#failed ? { ok: false, reason: this.#end! } : { ok: true } });
  }

  /** Whether the process does its work. */
  ready(): HealthReport {
    const ended: Checks = this.#end === undefined ? {} : { process: { ok: false, reason: this.#end } };
    return reportOf({ ...ended, ...this.#checks() });
  }
}

function reportOf(checks: Checks): HealthReport {
  return { ok: Object.values(checks).every(({ ok }) => ok), checks };
}
