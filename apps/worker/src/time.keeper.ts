import { type LoggerService, type OnModuleDestroy } from '@nestjs/common';
import { type Instant, LONG_PAST } from '#libs/domain';
import { type Instruments } from '#libs/observability';
import { BrokerOutage, fireTimers, Interrupted, type Patience, type TimerPorts } from '#libs/processing';

/** What is under way is waited for when the worker stops, but no broker that does not answer. */
const STOP_WITHIN_MS = 3_000;
/** Between two looks whether a timer is due: one statement, of one index entry a shard. */
const LOOK_EVERY_MS = 1_000;

/** Lets the timers of the shards fire that this worker has, as long as it has them. */
export class TimeKeeper implements OnModuleDestroy {
  readonly #ports: TimerPorts;
  #shards: readonly number[] = [];
  #isStopped = false;
  #wake: () => void = () => undefined;
  #keeping: Promise<void> | undefined;

  /** @param close ends what asks the broker. */
  constructor(
    ports: Omit<TimerPorts, 'looked' | 'fired'>,
    private readonly close: () => Promise<void>,
    private readonly instruments: Pick<Instruments, 'timersFired' | 'timerDelay' | 'outageWait'>,
    private readonly logger: LoggerService,
  ) {
    this.#ports = {
      ...ports,
      looked: (earliest, at) =>
        instruments.timerDelay.set(isLate(earliest) ? (Date.parse(at) - Date.parse(earliest)) / 1_000 : 0),
      fired: (shard, timers) => {
        for (const { kind } of timers) instruments.timersFired.inc({ kind });
        if (timers.length > 0) logger.debug?.({ msg: 'timers fired', shard, timers: timers.length });
      },
    };
  }

  /** Keeps the time of these shards from now on, and of no others. */
  assign(shards: readonly number[]): void {
    this.#shards = shards;
    this.#keeping ??= this.#keep();
  }

  async onModuleDestroy(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    void this.close();
    await Promise.race([this.#keeping, pause(STOP_WITHIN_MS)]);
  }

  async #keep(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#shards.length > 0) await this.#fire(this.#shards);
      await this.#pause();
    }
  }

  async #fire(shards: readonly number[]): Promise<void> {
    const patience: Patience = {
      isRunning: () => !this.#isStopped && this.#shards === shards,
      onWait: (error, pauseMs) => {
        const system = error instanceof BrokerOutage ? 'broker' : 'database';
        this.instruments.outageWait.inc({ system }, pauseMs / 1_000);
        this.logger.warn(`timers wait ${pauseMs} ms: ${error.message}`);
      },
    };
    try {
      await fireTimers(shards, this.#ports, patience);
    } catch (error) {
      if (error instanceof Interrupted) return;
      // Said again at each look, until it is mended; all others have fired.
      this.logger.error({ msg: `timers did not fire: ${(error as Error).message}`, err: error });
    }
  }

  #pause(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Whether there is a timer that is due, and not only one whose moment is to be worked out. */
function isLate(earliest: Instant | null): earliest is Instant {
  return earliest !== null && earliest !== LONG_PAST;
}
