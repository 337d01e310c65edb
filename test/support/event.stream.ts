import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type ActivityEntry } from '#libs/contracts';

export interface StreamedEvent {
  id: string;
  type: string;
  data: ActivityEntry;
}

export interface StreamRequest {
  token: string;
  /** Filters: what stands behind the question mark. */
  query?: string;
  lastEventId?: string;
}

const LOOK_AGAIN_MS = 20;
/** How long nothing may come before it is thought not to come any more. */
const STANDSTILL_MS = 30_000;

/** A listener's connection, read as HTML's standard reads an event stream. */
export class EventStream {
  readonly events: StreamedEvent[] = [];
  /** Where to resume. */
  lastEventId: string | undefined;
  comments = 0;
  retryMs: number | undefined;
  #rest = '';
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  hasEnded = false;

  private constructor(private readonly message: IncomingMessage) {
    message.setEncoding('utf8');
    message.on('data', (text: string) => this.#read(text));
    message.on('error', () => undefined);
    this.ended = new Promise((resolve) =>
      message.once('close', () => {
        this.hasEnded = true;
        resolve();
      }),
    );
  }

  /** Resolves when it is known where to resume: one cut off before that would begin anew. @throws with the answer when it is no stream. */
  static open(url: string, { token, query = '', lastEventId }: StreamRequest): Promise<EventStream> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    return new Promise((resolve, reject) => {
      // Without an agent each has a connection of its own.
      const request = get(`${url}/v1/activity/stream${query}`, { headers, agent: false }, (message) => {
        if (message.statusCode !== 200) {
          reject(new Error(`answered ${message.statusCode}`));
          return;
        }
        const stream = new EventStream(message);
        // The first id may come behind the headers.
        message.on('data', () => {
          if (stream.lastEventId !== undefined) resolve(stream);
        });
        void stream.ended.then(() => reject(new Error('ended before its first id')));
      });
      request.once('error', reject);
    });
  }

  get headers(): IncomingMessage['headers'] {
    return this.message.headers;
  }

  /** Ids of the activities that came. */
  get ids(): string[] {
    return this.events.map(({ data }) => data.id);
  }

  /** Resolves when at least so many have come. @throws when nothing comes any more. */
  async has(count: number): Promise<this> {
    let before = -1;
    let changedAt = Date.now();
    while (this.events.length < count) {
      if (this.events.length !== before) changedAt = Date.now();
      before = this.events.length;
      if (Date.now() - changedAt > STANDSTILL_MS) throw new Error(`only ${before} of ${count} events came`);
      await pause(LOOK_AGAIN_MS);
    }
    return this;
  }

  /** Breaks the connection, as a network does. */
  kill(): void {
    this.message.destroy();
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    // What is not finished does not count: the standard has it so.
    this.#rest = blocks.pop()!;
    for (const block of blocks) this.#take(block.split('\n'));
  }

  #take(lines: string[]): void {
    const data: string[] = [];
    let type = 'message';
    for (const line of lines) {
      const [, field, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line)!;
      if (field === '') this.comments += 1;
      else if (field === 'data') data.push(value ?? '');
      else if (field === 'event') type = value!;
      else if (field === 'id') this.lastEventId = value;
      else if (field === 'retry') this.retryMs = Number(value);
    }
    if (data.length === 0) return;
    this.events.push({
      id: this.lastEventId!,
      type,
      data: JSON.parse(data.join('\n')) as ActivityEntry,
    });
  }
}
