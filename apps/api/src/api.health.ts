import { type OnModuleDestroy } from '@nestjs/common';
import { type Checks, StandingQuestion } from '#libs/observability';
import { type DatabaseProbe } from '#libs/persistence';

const LOOK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;

/** Looks every few seconds whether the database answers, on a connection of its own. */
export class ApiHealth implements OnModuleDestroy {
  readonly #database: StandingQuestion<unknown>;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly probe: DatabaseProbe) {
    this.#database = new StandingQuestion(
      () => probe.ask(),
      () => probe.close(),
      ANSWER_WITHIN_MS,
    );
    this.#database.put();
    this.#timer = setInterval(() => this.#database.put(), LOOK_EVERY_MS);
  }

  checks(): Checks {
    const { last } = this.#database;
    return { database: last.ok ? { ok: true } : { ok: false, reason: last.reason } };
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
    this.probe.close();
  }
}
