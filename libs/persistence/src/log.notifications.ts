import { Client } from 'pg';
import { type DataSource } from 'typeorm';

const CHANNEL = 'conversation_tasks_log';
const RECONNECT_MS = 1_000;

/**
 * Tells the relays of other processes that a shard's log grew. A hint and no more: it may be lost, and the relay's poll is the
 * truth. Sent after the commit and coalesced, since NOTIFY inside the transaction halved the commit rate.
 */
export class LogNotifications {
  readonly #pending = new Set<number>();
  #sending = false;
  #listener: Client | undefined;
  #closed = false;

  /** @param url where to listen, on a connection of its own. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly url: string,
  ) {}

  /** Says that `shard`'s log grew. Never throws, never waits. */
  notify(shard: number): void {
    this.#pending.add(shard);
    if (!this.#sending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    while (this.#pending.size > 0 && !this.#closed) {
      const shards = [...this.#pending].join(',');
      this.#pending.clear();
      // A lost hint costs one poll interval.
      await this.dataSource.query('select pg_notify($1, $2)', [CHANNEL, shards]).catch(() => undefined);
    }
    this.#sending = false;
  }

  /** Calls `onGrowth` for each shard named by any process; connects again for ever when the connection is lost. */
  async listen(onGrowth: (shard: number) => void): Promise<void> {
    if (this.#closed) return;
    const client = new Client({
      connectionString: this.url,
      keepAlive: true,
      application_name: 'conversation-tasks listener',
    });
    this.#listener = client;
    client.on('notification', ({ payload = '' }) => payload.split(',').map(Number).forEach(onGrowth));
    const again = (): void => {
      if (this.#listener !== client || this.#closed) return;
      this.#listener = undefined;
      client.end().catch(() => undefined);
      setTimeout(() => void this.listen(onGrowth), RECONNECT_MS).unref();
    };
    client.on('error', again);
    client.on('end', again);
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch {
      again();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#listener?.end().catch(() => undefined);
  }
}
