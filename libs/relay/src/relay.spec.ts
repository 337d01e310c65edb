import {
  eventually,
  expectMirrored,
  MemoryBroker,
  MemoryLogSource,
  type RunningRelay,
  startRelay,
} from '#libs/relay/testing';
import { type LogTopic, type TopicEnd } from './log-topic';

jest.setTimeout(30_000); // longer than `eventually`, so that a failure says what was found

describe('the relay', () => {
  let source: MemoryLogSource;
  let broker: MemoryBroker;
  const running: RunningRelay[] = [];

  beforeEach(() => {
    source = new MemoryLogSource();
    broker = new MemoryBroker();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ relay }) => relay.stop()));
  });

  function start(
    shards: number[],
    options: Parameters<typeof startRelay>[3] = {},
    topic = broker.open(),
  ): RunningRelay {
    const started = startRelay(source, topic, shards, options);
    running.push(started);
    return started;
  }

  async function expectPublished(shard: number, log: 'activity' | 'rejection' = 'activity'): Promise<void> {
    await eventually(async () => expectMirrored(await broker.records(log, shard), source, log, shard), 3_000);
  }

  describe('being woken is a hint, the poll is the truth', () => {
    it('given no wake at all, publishes what the poll finds', async () => {
      source.grow('activity', 0, 3);
      const { relay } = start([0]);
      await expectPublished(0);
      await eventually(() => expect(relay.published().get('rejection')!.get(0)).toBe(0));
      await new Promise((resolve) => setTimeout(resolve, 50)); // all it does of its own accord is done
      source.grow('activity', 0, 3); // nobody says so
      source.grow('rejection', 0, 3);

      await expectPublished(0);
      await expectPublished(0, 'rejection');
    });

    it('given a wake, does not wait for the poll', async () => {
      const { relay } = start([0], { pollMs: 2 ** 30 });
      await eventually(() => expect(relay.published().get('activity')!.get(0)).toBe(0));
      source.grow('activity', 0, 3);
      relay.wake(0);

      await expectPublished(0);
    });

    it('given wakes without anything new, publishes nothing', async () => {
      source.grow('activity', 0, 3);
      const { relay, warnings } = start([0]);
      await expectPublished(0);
      for (let i = 0; i < 50; i++) relay.wake();
      await relay.stop();

      expect(await broker.records('activity', 0)).toHaveLength(3);
      expect(warnings).toEqual([]);
    });

    it('many wakes while a round is under way make one more round', async () => {
      const { relay } = start([0], { pollMs: 2 ** 30 });
      await eventually(() => expect(relay.published().get('rejection')!.get(0)).toBe(0));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const heads = jest.spyOn(source, 'heads');
      for (let i = 0; i < 1_000; i++) relay.wake();
      await new Promise((resolve) => setTimeout(resolve, 20));

      expect(heads.mock.calls.length).toBeLessThanOrEqual(2);
    });

    it('publishes what it is told of while it publishes, and looks no oftener than it is told', async () => {
      const open = broker.open();
      let appending: () => void = () => undefined;
      let mayGoOn: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (appending = resolve));
      const goOn = new Promise<void>((resolve) => (mayGoOn = resolve));
      const slow: LogTopic = {
        nameOf: (log) => open.nameOf(log),
        end: (log, shard) => open.end(log, shard),
        append: async (...batch) => {
          appending();
          await goOn;
          return open.append(...batch);
        },
      };
      const { relay } = start([0], { pollMs: 2 ** 30 }, slow);
      await eventually(() => expect(relay.published().get('rejection')!.get(0)).toBe(0));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const heads = jest.spyOn(source, 'heads');
      source.grow('activity', 0, 3);
      relay.wake(0);
      await begun;
      source.grow('activity', 0, 3);
      relay.wake(0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      mayGoOn();
      await expectPublished(0);
      await new Promise((resolve) => setTimeout(resolve, 20));

      // Told twice; and once more, since it was at work when it was told.
      expect(heads).toHaveBeenCalledTimes(3);
    });

    it('a wake for a shard of another worker is ignored', async () => {
      const { relay } = start([0], { pollMs: 2 ** 30 });
      await eventually(() => expect(relay.published().get('rejection')!.get(0)).toBe(0));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const heads = jest.spyOn(source, 'heads');
      relay.wake(7);
      await new Promise((resolve) => setTimeout(resolve, 20));

      expect(heads).not.toHaveBeenCalled();
    });
  });

  describe('where it goes on', () => {
    // A broker that has forgotten the producer takes any sequence: here nothing but the right start keeps the order.
    it('given a topic that holds the beginning, goes on exactly behind it: not one early, not one late', async () => {
      source.grow('activity', 0, 10);
      const first = start([0]);
      await expectPublished(0);
      await first.relay.stop();
      broker.forgetProducer('activity', 0);
      source.grow('activity', 0, 5);

      const { stops } = start([0]);

      await expectPublished(0);
      expect(stops).toEqual([]);
    });

    it('given a shard it had before, looks at the end again: another relay may have been there', async () => {
      source.grow('activity', 0, 4);
      const first = start([0]);
      await expectPublished(0);
      first.relay.assign([]);
      source.grow('activity', 0, 4);
      const second = start([0]);
      await expectPublished(0);
      await second.relay.stop();
      broker.forgetProducer('activity', 0);
      source.grow('activity', 0, 4);

      first.relay.assign([0]);

      await expectPublished(0);
      expect(first.stops).toEqual([]);
    });

    it('after being idle for long looks at the end before it appends', async () => {
      let now = 0;
      source.grow('activity', 0, 4);
      const sleeper = start([0], { now: () => now });
      await expectPublished(0);
      source.grow('activity', 0, 4);
      const other = start([0]);
      await expectPublished(0);
      await other.relay.stop();
      await sleeper.relay.stop();
      expect(sleeper.relay.published().get('activity')).toEqual(new Map());

      // Another one, whose memory says 8 while the topic has gone on to 12, and which no fence protects any more.
      const idle = start([0], { now: () => now, pollMs: 2 ** 30 });
      await eventually(() => expect(idle.relay.published().get('activity')!.get(0)).toBe(8));
      source.grow('activity', 0, 4);
      const third = start([0]);
      await expectPublished(0);
      await third.relay.stop();
      broker.forgetProducer('activity', 0);
      source.grow('activity', 0, 4);
      now += 60 * 60 * 1_000;
      idle.relay.wake();

      await expectPublished(0);
      expect(idle.stops).toEqual([]);
    });

    it('when the broker has lost its tail, publishes it again', async () => {
      source.grow('activity', 0, 10);
      const first = start([0]);
      await expectPublished(0);
      await first.relay.stop();
      broker.loseTail('activity', 0, 4);
      start([0]);

      await expectPublished(0);
    });

    it('an entry that is missing from the log is not skipped', async () => {
      source.grow('activity', 0, 10);
      source.lose('activity', 0, 6);

      const { stops } = start([0], { maxBatchEntries: 5 });

      await eventually(() => expect(stops).toHaveLength(1));
      expect(stops[0]).toMatchObject({ reason: 'log_incomplete', topic: 'task-activity', shard: 0 });
      expect(stops[0]!.message).toMatch(/position 6 is missing/);
      expect(await broker.records('activity', 0)).toHaveLength(5);
    });

    it('a database that is set back while it runs stops it, and every shard with it', async () => {
      source.grow('activity', 0, 10);
      source.grow('activity', 1, 10);
      const { stops } = start([0, 1]);
      await expectPublished(0);
      await expectPublished(1);
      source.setBack('activity', 0, 7);

      await eventually(() => expect(stops).toHaveLength(1));
      expect(stops[0]!.message).toMatch(
        /task-activity, partition 0 .*has 10 entries, the database only 7.*Restore/,
      );
      source.grow('activity', 1, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await broker.records('activity', 1)).toHaveLength(10);
    });

    it('a log that grows between the look at the end and the look at the head is no contradiction', async () => {
      source.grow('activity', 0, 5);
      const other = start([0]);
      await expectPublished(0);
      const growingWhileLooking: LogTopic = {
        ...broker.open(),
        end: async (log, shard): Promise<TopicEnd> => {
          source.grow('activity', 0, 5); // committed, and published by the other relay, before the end is seen
          other.relay.wake();
          await expectPublished(0);
          return await broker.open().end(log, shard);
        },
      };
      const { stops } = start([0], {}, growingWhileLooking);

      source.grow('activity', 0, 1);
      await expectPublished(0);
      expect(stops).toEqual([]);
    });
  });

  describe('an outage is waited out', () => {
    it('and tells how many entries each topic is behind meanwhile, of assigned shards alone', async () => {
      source.grow('activity', 0, 3);
      const { relay } = start([0, 1]);
      await expectPublished(0);
      await broker.killBroker();
      source.grow('activity', 0, 4);
      source.grow('activity', 7, 4);
      await eventually(() =>
        expect(relay.distances()).toEqual([
          { log: 'activity', shard: 0, entries: 4 },
          { log: 'activity', shard: 1, entries: 0 },
          { log: 'rejection', shard: 0, entries: 0 },
          { log: 'rejection', shard: 1, entries: 0 },
        ]),
      );
      await broker.restartBroker();
      await eventually(() => expect(relay.distances().every(({ entries }) => entries === 0)).toBe(true));
    });

    it('given a topic that does not answer, goes on when it does, and skips nothing', async () => {
      source.grow('activity', 0, 5);
      await broker.killBroker();
      const { warnings } = start([0]);
      await eventually(() => expect(warnings.length).toBeGreaterThan(3));
      source.grow('activity', 0, 5);
      await broker.restartBroker();

      await expectPublished(0);
      expect(warnings[0]).toMatch(/task-(activity|rejection)\/0: connection closed; going on in 10 ms/);
    });

    it('pauses longer each time, up to a limit', async () => {
      await broker.killBroker();
      const { warnings } = start([0], { firstPauseMs: 1, longestPauseMs: 5 });
      const pauses = () =>
        warnings
          .filter((line) => line.startsWith('task-activity'))
          .map((line) => /in (\d+) ms/.exec(line)![1]);

      await eventually(() => expect(pauses().slice(0, 5)).toEqual(['1', '2', '4', '5', '5']));
    });

    it('given a database that does not answer, goes on when it does', async () => {
      source.outage = new Error('terminating connection');
      source.grow('activity', 0, 5);
      const { warnings } = start([0]);
      await eventually(() => expect(warnings.length).toBeGreaterThan(2));
      source.outage = undefined;

      await expectPublished(0);
    });

    it('an append of which nobody knows what became is looked for at the end, not sent blindly again', async () => {
      source.grow('activity', 0, 5);
      let lost = 0;
      const losingAnswers: LogTopic = {
        ...broker.open(),
        append: async (...batch) => {
          const result = await broker.open().append(...batch);
          broker.forgetProducer('activity', 0); // so that nothing but looking helps
          return lost++ < 1 ? { outcome: 'unavailable', cause: new Error('timed out') } : result;
        },
      };
      start([0], {}, losingAnswers);
      await expectPublished(0);
      source.grow('activity', 0, 5);

      await expectPublished(0);
    });

    it('a partition that hangs holds up no other', async () => {
      source.grow('activity', 0, 5);
      source.grow('activity', 1, 5);
      const hanging: LogTopic = {
        ...broker.open(),
        append: async (log, shard, ...batch) => {
          if (shard === 0) await new Promise(() => undefined);
          return await broker.open().append(log, shard, ...batch);
        },
      };
      const { relay } = start([0, 1], {}, hanging);

      await expectPublished(1);
      source.grow('activity', 1, 5);
      await expectPublished(1);
      running.pop();
      await relay.stop(1); // gives the hanging one up
    });
  });

  describe('being assigned', () => {
    it('relays just the shards it was given, both logs of each', async () => {
      for (const shard of [0, 1, 2])
        for (const log of ['activity', 'rejection'] as const) source.grow(log, shard, 3);
      const { relay } = start([0, 2]);
      for (const shard of [0, 2])
        for (const log of ['activity', 'rejection'] as const) await expectPublished(shard, log);

      expect(await broker.records('activity', 1)).toEqual([]);
      expect(relay.published()).toEqual(
        new Map([
          [
            'activity',
            new Map([
              [0, 3],
              [2, 3],
            ]),
          ],
          [
            'rejection',
            new Map([
              [0, 3],
              [2, 3],
            ]),
          ],
        ]),
      );
    });

    it('hands a shard over while entries keep coming: none lost, none twice', async () => {
      const relays = [start([0, 1]).relay, start([]).relay];
      for (let i = 0; i < 30; i++) {
        source.grow('activity', 0, 3);
        source.grow('activity', 1, 3);
        relays[i % 2]!.assign([0]);
        relays[(i + 1) % 2]!.assign([1]);
        await new Promise((resolve) => setTimeout(resolve, i % 4));
      }

      await expectPublished(0);
      await expectPublished(1);
      expect(running.flatMap(({ stops }) => stops)).toEqual([]);
    });

    it('at most one append is under way for a log and shard, also when it is given up and taken again', async () => {
      const underWay = new Map<string, number>();
      let most = 0;
      const counting: LogTopic = {
        ...broker.open(),
        append: async (log, shard, ...batch) => {
          const key = `${log}/${shard}`;
          underWay.set(key, (underWay.get(key) ?? 0) + 1);
          most = Math.max(most, underWay.get(key)!);
          await new Promise((resolve) => setTimeout(resolve, 5));
          underWay.set(key, underWay.get(key)! - 1);
          return await broker.open().append(log, shard, ...batch);
        },
      };
      source.grow('activity', 0, 100);
      const { relay } = start([0], { maxBatchEntries: 5 }, counting);
      for (let i = 0; i < 20; i++) {
        relay.assign(i % 2 ? [0] : []);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      relay.assign([0]);

      await expectPublished(0);
      expect(most).toBe(1);
    });

    it('stop lets the batch under way finish and begins no other', async () => {
      source.grow('activity', 0, 100);
      let begun = 0;
      const slow: LogTopic = {
        ...broker.open(),
        append: async (...batch) => {
          begun++;
          await new Promise((resolve) => setTimeout(resolve, 20));
          return await broker.open().append(...batch);
        },
      };
      const { relay } = start([0], { maxBatchEntries: 10 }, slow);
      await eventually(() => expect(begun).toBe(1));
      await relay.stop();

      expect(await broker.records('activity', 0)).toHaveLength(10);
      expect(begun).toBe(1);
    });

    it('reads no more logs at a time than it was allowed', async () => {
      let reading = 0;
      let most = 0;
      const read = source.read.bind(source);
      source.read = async (...range) => {
        most = Math.max(most, ++reading);
        await new Promise((resolve) => setTimeout(resolve, 2));
        reading--;
        return await read(...range);
      };
      const shards = Array.from({ length: 12 }, (_, shard) => shard);
      for (const shard of shards) source.grow('activity', shard, 60); // more than few
      start(shards, { maxReads: 3 });
      for (const shard of shards) await expectPublished(shard);

      expect(most).toBe(3);
    });
  });
});
