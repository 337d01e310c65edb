import fc from 'fast-check';
import { ActivityFeed } from './activity.feed';
import { ActivityListener, type StreamEnd, type Wanted } from './activity.listener';
import { MemoryLog, TestResponse } from './stream.fixture';
import { positionsIn, type Positions } from './stream.positions';

const SHARDS = 3;
const ACME = { tenantId: 'acme' };

describe('what listeners are given', () => {
  let log: MemoryLog;
  let feed: ActivityFeed;
  let ends: StreamEnd[];

  beforeEach(() => {
    log = new MemoryLog();
    feed = feedOf(log);
    ends = [];
  });
  afterEach(() => feed.stop());

  function feedOf(of: MemoryLog, recentBytes?: number): ActivityFeed {
    const logger = { warn: () => undefined };
    return new ActivityFeed({ log: of, shards: SHARDS, pollMs: 60_000, settleMs: 0, logger, recentBytes });
  }

  function listen(positions: Positions = feed.positions, wanted: Wanted = ACME): TestResponse {
    const response = new TestResponse();
    new ActivityListener(response.asResponse, wanted, feed, log, (why) => ends.push(why)).start(positions);
    return response;
  }

  /** As one that comes again. */
  const resume = (before: TestResponse) => listen(positionsIn(before.lastEventId, SHARDS)!);

  it('is what happens from then on, each once, in each shard’s order', async () => {
    log.add('acme', 0);
    await feed.upToDate();
    const listener = listen();
    log.add('acme', 1);
    log.add('acme', 0);
    log.add('acme', 1);
    await feed.upToDate();
    await feed.upToDate();
    expect(listener.activities).toEqual(['0:2', '1:1', '1:2']);
    expect(listener.frames[0]).toMatch(/^retry: 1000\nid: \S+\n\n$/);
    expect(listener.frames[1]).toBe(
      'id: AgAA\nevent: task.commented.v1\ndata: {"id":"0:2","type":"task.commented.v1","time":"2026-03-02T10:00:00.000Z","recordedAt":"2026-03-02T10:00:01.000Z","data":{"text":""}}\n\n',
    );
  });

  it('is their tenant’s alone, and of that what they asked for', async () => {
    await feed.upToDate();
    const wanted: [Wanted, string[]][] = [
      [ACME, ['0:1', '1:1']],
      [{ tenantId: 'other' }, ['2:1']],
      [{ ...ACME, taskId: 'task-1' }, ['1:1']],
      [{ ...ACME, conversationId: 'conv-0' }, ['0:1']],
      [{ ...ACME, type: ['task.created.v1'] }, ['0:1']],
      [{ ...ACME, taskId: 'task-2' }, []],
    ];
    const live = wanted.map(([each]) => listen(feed.positions, each));
    log.add('acme', 0, { type: 'task.created.v1' });
    log.add('acme', 1);
    log.add('other', 2);
    await feed.upToDate();
    const resumed = wanted.map(([each]) => listen([0, 0, 0], each));
    await feed.upToDate();
    expect(live.map(({ activities }) => activities)).toEqual(wanted.map(([, given]) => given));
    expect(resumed.map(({ activities }) => activities)).toEqual(wanted.map(([, given]) => given));
  });

  it('is read once, however many they are', async () => {
    const asked = [];
    for (const count of [1, 500]) {
      log = new MemoryLog();
      const own = (feed = feedOf(log));
      await own.upToDate();
      const listeners = Array.from({ length: count }, () => listen());
      for (let i = 0; i < 40; i += 1) {
        log.add(i % 2 ? 'acme' : 'other', i % SHARDS);
        await own.upToDate();
      }
      expect(listeners.map(({ activities }) => activities.length)).toEqual(
        Array.from({ length: count }, () => 20),
      );
      asked.push({ ...log.asked });
      await own.stop();
    }
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[0]!.ofTenant).toBe(0);
  });

  it('goes on behind the id they had, whether that is in memory or not, and whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(SHARDS - 1), fc.constantFrom('acme', 'other'), fc.nat(5)), {
          maxLength: 60,
        }),
        fc.constantFrom(0, 500, 100_000),
        async (happenings, recentBytes) => {
          log = new MemoryLog();
          // Two processes, each with a feed that reads when it likes.
          const feeds = [feedOf(log, recentBytes), feedOf(log, recentBytes)];
          feed = feeds[0]!;
          for (const each of feeds) {
            await each.upToDate();
            // A feed that somebody follows keeps what it reads.
            feed = each;
            listen(each.positions, { tenantId: 'other' });
          }
          let response = listen();
          const given: string[] = [];
          for (const [shard, tenant, what] of happenings) {
            log.add(tenant, shard);
            if (what < 2) await feed.upToDate();
            if (what === 2) log.onPage = () => void (log.entries.length < 200 && log.add(tenant, shard));
            if (what === 3) log.onPage = () => undefined;
            if (what < 4) continue;
            given.push(...response.activities);
            response.emit('close');
            if (what === 5) feed = feeds.find((other) => other !== feed)!;
            await feed.upToDate();
            response = resume(response);
          }
          log.onPage = () => undefined;
          // One that is told that it was too slow comes again.
          for (let i = 0; i < 3; i += 1) {
            await feed.upToDate();
            await new Promise(setImmediate);
            given.push(...response.activities);
            response.emit('close');
            await feed.upToDate();
            response = resume(response);
          }
          await new Promise(setImmediate);
          given.push(...response.activities);
          for (const each of feeds) await each.stop();
          const own = log.entries.filter(({ tenantId }) => tenantId === 'acme');
          for (let shard = 0; shard < SHARDS; shard += 1)
            expect(given.filter((id) => id.startsWith(`${shard}:`))).toEqual(
              own.filter((entry) => entry.shard === shard).map(({ headers }) => headers.ce_id),
            );
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  describe('one that does not take it', () => {
    it('is sent nothing more until it does, and then all, in order', async () => {
      await feed.upToDate();
      const listener = listen();
      listener.takes = false;
      for (let i = 0; i < 5; i += 1) log.add('acme', 0);
      await feed.upToDate();
      expect(listener.activities).toHaveLength(1);
      listener.drain();
      expect(listener.activities).toEqual(['0:1', '0:2', '0:3', '0:4', '0:5']);
    });

    it('is sent a page’s first entry and no further one while it catches up', async () => {
      for (let i = 0; i < 250; i += 1) log.add('acme', 0);
      await feed.upToDate();
      const listener = new TestResponse();
      listener.takes = false;
      new ActivityListener(listener.asResponse, ACME, feed, log, () => undefined).start([0, 0, 0]);
      await new Promise(setImmediate);
      expect([listener.activities.length, log.asked.ofTenant]).toEqual([1, 1]);
      listener.drain();
      await new Promise(setImmediate);
      expect(new Set(listener.activities).size).toBe(250);
      expect(listener.activities).toHaveLength(250);
    });

    it('goes on catching up where more happens meanwhile than is kept', async () => {
      feed = feedOf(log, 1_000);
      for (let i = 0; i < 250; i += 1) log.add('acme', 0);
      await feed.upToDate();
      const listener = new TestResponse();
      listener.takes = false;
      const given = new ActivityListener(listener.asResponse, ACME, feed, log, (why) => ends.push(why));
      given.start([0, 0, 0]);
      await new Promise(setImmediate);
      for (let i = 0; i < 30; i += 1) log.add('acme', 1, { text: 'x'.repeat(100) });
      await feed.upToDate();
      listener.drain();
      await new Promise(setImmediate);
      log.add('acme', 2);
      await feed.upToDate();
      expect(ends).toEqual([]);
      expect(listener.activities).toEqual(log.entries.map(({ headers }) => headers.ce_id));
    });

    it('is ended when what it has not taken is no longer kept; others are not, and it resumes', async () => {
      feed = feedOf(log, 1_000);
      await feed.upToDate();
      const [slow, other] = [listen(), listen()];
      slow.takes = false;
      for (let i = 0; i < 20; i += 1) {
        log.add('acme', 0, { text: 'x'.repeat(100) });
        await feed.upToDate();
      }
      expect([slow.destroyed, other.destroyed, ends]).toEqual([true, false, ['slow']]);
      expect(slow.frames).toHaveLength(2);
      const resumed = resume(slow);
      await new Promise(setImmediate);
      expect([...slow.activities, ...resumed.activities]).toEqual(other.activities);
    });

    it('is ended when it has taken nothing between two keep-alives', async () => {
      await feed.upToDate();
      const response = new TestResponse();
      const listener = new ActivityListener(response.asResponse, ACME, feed, log, (why) => ends.push(why));
      listener.start(feed.positions);
      listener.keepAlive();
      expect(response.frames.at(-1)).toMatch(/^: keep-alive\nid: AAAA\n\n$/);
      response.takes = false;
      log.add('acme', 0);
      await feed.upToDate();
      listener.keepAlive();
      response.drain();
      response.takes = false;
      log.add('acme', 0);
      await feed.upToDate();
      listener.keepAlive();
      expect(ends).toEqual([]);
      listener.keepAlive();
      expect([ends, response.destroyed]).toEqual([['slow'], true]);
    });
  });

  it('ends when the log is another one', async () => {
    log.add('acme', 0);
    await feed.upToDate();
    const listener = listen();
    log.entries.pop();
    await feed.upToDate();
    expect([ends, listener.ended]).toEqual([['replaced'], true]);
    expect(feed.positions).toEqual([0, 0, 0]);
  });

  it('begins behind all that was there when they came, whatever the feed was doing', async () => {
    await feed.upToDate();
    const { ends: now } = log;
    let answer: (ends: Map<number, number>) => void = () => undefined;
    log.ends = () => new Promise((resolve) => (answer = resolve));
    const earlier = feed.upToDate();
    await new Promise((resolve) => setTimeout(resolve, 20));
    log.add('acme', 0);
    const upToDate = feed.upToDate();
    log.ends = now;
    // The look under way was before the activity.
    answer(new Map());
    await earlier;
    await upToDate;
    expect(feed.positions).toEqual([1, 0, 0]);
  });

  it('is not hurt by a database that is away for a while', async () => {
    await feed.upToDate();
    const listener = listen();
    const { ends: there } = log;
    log.ends = () => Promise.reject(new Error('away'));
    log.add('acme', 0);
    await expect(feed.upToDate()).rejects.toThrow('away');
    log.ends = there;
    await feed.upToDate();
    expect(listener.activities).toEqual(['0:1']);
  });
});
