import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Logger } from 'nestjs-pino';
import { BrokerProbe, type KafkaBatchStrategy, type PartitionOffsets } from '#libs/messaging';
import { type Checks, type Stall, StallWatch, StandingQuestion } from '#libs/observability';
import { DatabaseProbe } from '#libs/persistence';
import { type LogHeads } from '#libs/relay';
import { type Settings } from '#libs/settings';
import { LogPublisher } from './log.publisher';
import { SETTINGS } from './tokens';
import { checksOf, describeStall } from './worker.checks';
import { workOf } from './worker.work';

const LOOK_EVERY_MS = 5_000;
/** Looks in the time after which a standstill is one. */
const LOOKS = 12;
const ANSWER_WITHIN_MS = 5_000;
/** A process that is stopped, or a machine that is, leaves a gap; a busy one a smaller one. */
const LONGEST_GAP_MS = 15_000;
/** Not ready first, so that somebody may look; then it ends. */
const END_AFTER = 1.5;

/**
 * Looks every few seconds whether database and broker answer and whether the worker gets on, and ends one that does not. It awaits
 * nothing of what it watches.
 */
@Injectable()
export class WorkerWatch implements OnModuleDestroy {
  readonly #database: StandingQuestion<LogHeads>;
  readonly #broker: StandingQuestion<Map<string, PartitionOffsets[]>>;
  readonly #watch = new StallWatch(LONGEST_GAP_MS);
  #strategy: KafkaBatchStrategy | undefined;
  #stall: Stall | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly databaseProbe: DatabaseProbe,
    private readonly brokerProbe: BrokerProbe,
    private readonly publisher: LogPublisher,
    private readonly logger: Logger,
  ) {
    this.#database = new StandingQuestion(
      () => databaseProbe.ask(),
      () => databaseProbe.close(),
      ANSWER_WITHIN_MS,
    );
    this.#broker = new StandingQuestion(
      () => brokerProbe.ask(),
      () => void brokerProbe.close(),
      ANSWER_WITHIN_MS,
    );
  }

  /** Watches from now on. @param onFatal told, once, when the worker stands still for good. */
  begin(strategy: KafkaBatchStrategy, onFatal: (error: Error) => void): void {
    this.#strategy = strategy;
    const everyMs = Math.min(LOOK_EVERY_MS, this.settings.stalledAfterMs / LOOKS);
    this.#timer = setInterval(() => this.#look(onFatal), everyMs);
    this.#look(onFatal);
  }

  /** What readiness depends on, as it is now or was at the last look. */
  checks(): Checks {
    return checksOf({
      database: this.#database.last,
      broker: this.#broker.last,
      groups: this.#strategy?.progress() ?? [],
      published: this.publisher.published(),
      stall: this.#stall,
      stalledAfterMs: this.settings.stalledAfterMs,
      failure: this.#strategy?.failure ?? null,
    });
  }

  /** Does not wait: a broker that is away would use up the time that the process has for stopping. */
  onModuleDestroy(): void {
    clearInterval(this.#timer);
    this.databaseProbe.close();
    void this.brokerProbe.close();
  }

  /** Goes by what was answered since the last look, and asks for the next. */
  #look(onFatal: (error: Error) => void): void {
    this.#stall = this.#watch.see({ at: performance.now(), ...this.#sighting() });
    this.#database.put();
    this.#broker.put();
    const forMs = this.#stall?.forMs ?? 0;
    if (forMs >= this.settings.stalledAfterMs) this.logger.warn(describeStall(this.#stall!));
    if (forMs < this.settings.stalledAfterMs * END_AFTER) return;
    clearInterval(this.#timer);
    onFatal(new Error(describeStall(this.#stall!)));
  }

  #sighting(): { areOthersThere: boolean; work: ReturnType<typeof workOf> } {
    const { last: database } = this.#database;
    const { last: broker } = this.#broker;
    if (!database.ok || !broker.ok) return { areOthersThere: false, work: [] };
    const groups = this.#strategy!.progress();
    const published = this.publisher.published();
    return {
      areOthersThere: true,
      work: workOf({ groups, published, inputs: broker.answer, heads: database.answer }),
    };
  }
}
