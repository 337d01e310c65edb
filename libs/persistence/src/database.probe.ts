import { Client } from 'pg';
import { type LogHeads } from '#libs/relay';
import { type HeadRow, headsOf, SELECT_HEADS } from './log.source';

const CONNECT_WITHIN_MS = 5_000;

/**
 * Asks the database how far the logs are, on a connection of its own: the pool may be held by what hangs, and a connection that
 * nobody answers on any more is given up for a new one.
 */
export class DatabaseProbe {
  #client: Promise<Client> | undefined;

  constructor(private readonly url: string) {}

  /** @throws when it did not answer. */
  async ask(): Promise<LogHeads> {
    const own = (this.#client ??= this.#connect());
    try {
      const { rows } = await (await own).query<HeadRow>(SELECT_HEADS);
      return headsOf(rows);
    } catch (error) {
      if (this.#client === own) this.close();
      throw error;
    }
  }

  /** Also ends a question under way. */
  close(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.then(
      (open) => void open.end().catch(() => undefined),
      () => undefined,
    );
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'conversation-tasks probe',
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      keepAlive: true,
    });
    // A connection that ends while nothing is asked: the next question finds out, and takes another.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}
