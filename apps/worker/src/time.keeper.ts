import { type LoggerService, type OnModuleDestroy } from '@nestjs/common';
import { type Instruments } from '#libs/observability';
import { BrokerOutage, fireTimers, Interrupted, type Patience, type TimerPorts } from '#libs/processing';

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
        instruments.timerDelay.set(earliest === null ? 0 : (Date.parse(at) - Date.parse(earliest)) / 1_000),
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

  /** Waits for the transaction under way, no longer. */
  async onModuleDestroy(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#keeping;
    // Does not wait: a broker that is away would use up the time that the process has for stopping.
    void this.close();
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
      // Tried again at the next look; the others' timers do not wait for that.
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
