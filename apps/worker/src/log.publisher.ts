import { type LoggerService, type OnModuleDestroy } from '@nestjs/common';
import { type LogNotifications } from '#libs/persistence';
import { type LogSource, type LogTopic, Relay } from '#libs/relay';

/**
 * The relay in this process: it publishes the logs of the shards it is assigned, and passes on the news of growing logs, to
 * itself or to whoever has the shard.
 */
export class LogPublisher implements OnModuleDestroy {
  readonly #relay: Relay;
  #assigned = new Set<number>();
  #listening = false;
  #onStopped: (error: Error) => void = () => undefined;

  constructor(
    source: LogSource,
    private readonly topic: LogTopic & { close?(): Promise<void> },
    private readonly notifications: LogNotifications,
    pollMs: number,
    logger: LoggerService,
  ) {
    this.#relay = new Relay({
      source,
      topic,
      pollMs,
      logger,
      onStopped: (error) => this.#onStopped(error),
    });
  }

  /** Publishes these shards' logs from now on, and no others. */
  assign(shards: number[], onStopped: (error: Error) => void): void {
    this.#onStopped = onStopped;
    this.#assigned = new Set(shards);
    this.#relay.assign(shards);
    if (this.#listening) return;
    this.#listening = true;
    void this.notifications.listen((shard) => this.#relay.wake(shard));
  }

  /** A transaction committed to this shard: there may be something to publish. */
  announce(shard: number): void {
    if (this.#assigned.has(shard)) this.#relay.wake(shard);
    else this.notifications.notify(shard);
  }

  async onModuleDestroy(): Promise<void> {
    await this.notifications.close();
    await this.#relay.stop();
    await this.topic.close?.();
  }
}
