import { type LoggerService, type OnModuleDestroy } from '@nestjs/common';
import { type LogNotifications } from '#libs/persistence';
import { type LogName, type LogSource, type LogTopic, Relay } from '#libs/relay';

/** How far the topic of one shard's log is. */
export interface Published {
  log: LogName;
  shard: number;
  /** The last position it has; null until it was looked at. */
  position: number | null;
}

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
    topic: LogTopic,
    private readonly closeTopic: () => Promise<void>,
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

  /** How far the topics are behind the logs, of the shards this process has. */
  distances(): ReturnType<Relay['distances']> {
    return this.#relay.distances();
  }

  /** How far the topics of its shards' logs are; looked up, nobody is asked. */
  published(): Published[] {
    return [...this.#relay.published()].flatMap(([log, positions]) =>
      [...this.#assigned].map((shard) => ({ log, shard, position: positions.get(shard) ?? null })),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.notifications.close();
    await this.#relay.stop();
    await this.closeTopic();
  }
}
