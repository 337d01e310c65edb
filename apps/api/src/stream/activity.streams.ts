import { type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type LoggerService, type OnModuleDestroy } from '@nestjs/common';
import { type Instruments } from '#libs/observability';
import { type ActivityReader, type LogNotifications } from '#libs/persistence';
import { type Caller } from '../auth/caller';
import { invalid, problem } from '../http/problem';
import { type ActivityFeed } from './activity.feed';
import { ActivityListener, type StreamEnd, type Wanted } from './activity.listener';
import { type Positions, positionsIn, shardsBehind } from './stream.positions';

export const LAST_EVENT_ID = 'Last-Event-ID';

const KEEP_ALIVE_MS = 15_000;
/** What the listeners have for taking the last they were sent, and a little. */
const STOP_WITHIN_MS = 1_500;
/** Seconds after which somebody with too many streams may come again. */
const FULL_RETRY_AFTER = 5;
/** What a timer can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would hold events back until it has some kilobytes of them.
  'x-accel-buffering': 'no',
  // There is nothing to use it for afterwards, and an idle connection would hold up the end of the process.
  connection: 'close',
};

/** What a process serves streams with. */
interface Serving {
  shards: number;
  /** How many of one caller may be open at a time. */
  perCaller: number;
}

/** The streams of this process: opens them, keeps them alive, and ends them when their time has come. */
export class ActivityStreams implements OnModuleDestroy {
  readonly #open = new Map<ActivityListener, Promise<void>>();
  /** How many each caller has, by tenant and id. */
  readonly #ofCaller = new Map<string, number>();
  readonly #keepAlive: NodeJS.Timeout;
  #stopping = false;

  constructor(
    private readonly feed: ActivityFeed,
    private readonly log: ActivityReader,
    private readonly serving: Serving,
    private readonly notifications: LogNotifications,
    private readonly instruments: Pick<Instruments, 'streamListeners' | 'streamsEnded'>,
    private readonly logger: LoggerService,
  ) {
    void notifications.listen(() => feed.wake());
    this.#keepAlive = setInterval(() => this.#all().forEach((each) => each.keepAlive()), KEEP_ALIVE_MS);
  }

  /**
   * Begins a stream and returns; it goes on until the token expires or one of the two sides ends it.
   *
   * @param lastEventId where to resume; null to begin with what happens from now on.
   * @throws RequestProblem `invalid` for an id that is none, `beyond_log` for one that the log does not reach, `too_many_requests` when
   * the caller has as many as may be, `unavailable` when this process ends; StoreOutage.
   */
  async open(
    caller: Caller,
    wanted: Omit<Wanted, 'tenantId'>,
    lastEventId: string | null,
    response: ServerResponse,
  ): Promise<void> {
    const resumed = lastEventId === null ? null : this.#read(lastEventId);
    this.#refuseWhenStopping();
    this.#refuseMore(caller);
    await this.feed.upToDate().finally(() => this.#refuseWhenStopping());
    const { positions } = this.feed;
    if (resumed && shardsBehind(positions, resumed).length > 0)
      throw problem(
        'beyond_log',
        `the log does not reach as far as ${LAST_EVENT_ID}: its database was restored from an older backup, or the id is another deployment’s. Begin anew without it`,
      );
    if (response.destroyed) return;
    // Again, and now in one step with the opening: others may have come in meanwhile.
    this.#refuseMore(caller);
    response.writeHead(200, HEADERS);
    this.#count(caller, response);
    this.#listen({ ...wanted, tenantId: caller.tenantId }, caller.until, resumed ?? positions, response);
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#keepAlive);
    this.#all().forEach((each) => each.end('stopped'));
    const closed = Promise.all([this.feed.stop(), this.notifications.close(), ...this.#open.values()]);
    await Promise.race([closed, pause(STOP_WITHIN_MS)]);
  }

  #listen(wanted: Wanted, until: number, positions: Positions, response: ServerResponse): void {
    const { streamListeners, streamsEnded } = this.instruments;
    const listener = new ActivityListener(response, wanted, this.feed, this.log, (why, error) => {
      clearTimeout(expiry);
      streamsEnded.inc({ reason: why });
      if (error) this.#warn(why, error);
    });
    const expiry = setTimeout(
      () => listener.end('expired'),
      Math.min(until - Date.now(), LONGEST_TIMER_MS),
    ).unref();
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    this.#open.set(listener, closed);
    streamListeners.set(this.#open.size);
    void closed.then(() => {
      this.#open.delete(listener);
      streamListeners.set(this.#open.size);
    });
    listener.start(positions);
  }

  #warn(why: StreamEnd, error: unknown): void {
    this.logger.warn(`a stream ${why} and will be resumed: ${(error as Error).message}`);
  }

  #refuseMore(caller: Caller): void {
    const { perCaller } = this.serving;
    if ((this.#ofCaller.get(nameOf(caller)) ?? 0) < perCaller) return;
    throw problem('too_many_requests', `more streams than ${perCaller} of one caller at a time: close one`, {
      retryAfter: FULL_RETRY_AFTER,
    });
  }

  #count(caller: Caller, response: ServerResponse): void {
    const name = nameOf(caller);
    const add = (change: number): void => {
      const count = (this.#ofCaller.get(name) ?? 0) + change;
      if (count > 0) this.#ofCaller.set(name, count);
      else this.#ofCaller.delete(name);
    };
    add(1);
    response.once('close', () => add(-1));
  }

  #read(lastEventId: string): Positions {
    const positions = positionsIn(lastEventId, this.serving.shards);
    if (positions) return positions;
    const message = `${LAST_EVENT_ID} must be the id of an event of this stream: begin anew without it`;
    throw invalid([{ field: LAST_EVENT_ID, message }]);
  }

  #refuseWhenStopping(): void {
    if (this.#stopping) throw problem('unavailable', 'this process ends: try again', { retryAfter: 1 });
  }

  #all(): ActivityListener[] {
    return [...this.#open.keys()];
  }
}

const nameOf = ({ tenantId, id }: Caller): string => `${tenantId}\0${id}`;
