import {
  type AppendResult,
  type LogEntry,
  type LogName,
  type LogTopic,
  type RelayOptions,
} from '#libs/relay';
import { eventually } from './eventually';
import { MemoryLogSource } from './memory.log-source';
import { type PublishedRecord } from './published-record';
import { expectMirrored, type RunningRelay, startRelay } from './relay.fixture';

/** Topics that an implementation writes to, and what may befall them. */
export interface LogTopicHarness {
  /** A client of its own, as in another process. */
  open(options?: { sequenceOfFirst?: number }): LogTopic;
  records(log: LogName, shard: number): Promise<PublishedRecord[]>;
  /** Somebody else appends a record. */
  publishForeign(log: LogName, shard: number): Promise<void>;
  /** As retention does: records below this offset are gone. */
  deleteRecords(log: LogName, shard: number, before: number): Promise<void>;
  /** Deletes the topic and creates it again, empty. */
  makeAnew(log: LogName): Promise<void>;
  /** SIGKILL. */
  killBroker(): Promise<void>;
  restartBroker(): Promise<void>;
  close(): Promise<void>;
}

/** Shards the harness needs: each test takes one of its own. */
export const CONTRACT_SHARDS = 40;

/** What every LogTopic must hold, alone and under a relay; `start` brings up the topics with CONTRACT_SHARDS partitions. */
export function logTopicContract(name: string, start: () => Promise<LogTopicHarness>): void {
  describe(`${name} keeps the contract of a log topic`, () => {
    let harness: LogTopicHarness;
    let source: MemoryLogSource;
    let shard = -1;
    const running: RunningRelay[] = [];

    beforeAll(async () => {
      harness = await start();
    }, 180_000);
    afterAll(async () => await harness?.close(), 60_000);
    beforeEach(() => {
      source = new MemoryLogSource();
      shard++;
    });
    afterEach(async () => {
      await Promise.all(running.splice(0).map(({ relay }) => relay.stop()));
    });

    function relayOn(topic: LogTopic, options: Partial<RelayOptions> = {}): RunningRelay {
      const relay = startRelay(source, topic, [shard], options);
      running.push(relay);
      return relay;
    }

    /** Entries of positions first … last. */
    function entries(first: number, last: number): LogEntry[] {
      const log = source.entries('activity', shard);
      source.grow('activity', shard, Math.max(0, last - log.length));
      return log.slice(first - 1, last);
    }

    async function append(topic: LogTopic, first: number, last: number): Promise<AppendResult> {
      return await topic.append('activity', shard, first, entries(first, last));
    }

    async function expectTopicToHold(count: number, { from = 0 } = {}): Promise<void> {
      await eventually(async () => {
        expect((await harness.open().end('activity', shard)).nextOffset).toBe(count);
      }, 60_000);
      expect(source.entries('activity', shard)).toHaveLength(count);
      expectMirrored(await harness.records('activity', shard), source, 'activity', shard, { from });
    }

    describe('appending', () => {
      it('given an empty partition, the record of position p has offset p - 1 and the end names it', async () => {
        const topic = harness.open();

        expect(await topic.end('activity', shard)).toEqual({ nextOffset: 0, last: null });
        expect(await append(topic, 1, 3)).toEqual({ outcome: 'appended', baseOffset: 0 });
        expect(await append(topic, 4, 4)).toEqual({ outcome: 'appended', baseOffset: 3 });

        const id = `activity-${shard}-a-4`;
        expect(await topic.end('activity', shard)).toEqual({ nextOffset: 4, last: { position: 4, id } });
        await expectTopicToHold(4);
      });

      it('a batch sent again is acknowledged with its old offset and appended once', async () => {
        const topic = harness.open();
        await append(topic, 1, 5);
        await append(topic, 6, 10);

        expect(await append(harness.open(), 1, 5)).toEqual({ outcome: 'appended', baseOffset: 0 });
        expect(await append(topic, 6, 10)).toEqual({ outcome: 'appended', baseOffset: 5 });

        await expectTopicToHold(10);
      });

      it.each([
        ['an older batch that overlaps the end', 8, 13],
        ['a part of what is there', 2, 4],
        ['what is there and more', 1, 12],
        ['a gap of one', 12, 13],
        ['a gap of many', 1_000, 1_001],
      ])('%s is refused and leaves no trace', async (_what, first, last) => {
        const topic = harness.open();
        await append(topic, 1, 5);
        await append(topic, 6, 10);

        expect(await append(harness.open(), first, last)).toMatchObject({ outcome: 'out_of_order' });

        source.setBack('activity', shard, 10);
        await expectTopicToHold(10);
        expect(await append(topic, 11, 12)).toEqual({ outcome: 'appended', baseOffset: 10 });
        await expectTopicToHold(12);
      });

      it('a stale batch that is more than five old is refused', async () => {
        const topic = harness.open();
        for (let first = 1; first <= 15; first += 2) await append(topic, first, first + 1);

        expect(await append(topic, 1, 2)).toMatchObject({ outcome: 'out_of_order' });

        await expectTopicToHold(16);
      });

      it('after all records were deleted the end stays where it was, and so does the fence', async () => {
        const topic = harness.open();
        await append(topic, 1, 10);
        await harness.deleteRecords('activity', shard, 10);

        expect(await topic.end('activity', shard)).toEqual({ nextOffset: 10, last: null });
        expect(await append(topic, 9, 11)).toMatchObject({ outcome: 'out_of_order' });
        expect(await append(topic, 11, 12)).toEqual({ outcome: 'appended', baseOffset: 10 });

        await expectTopicToHold(12, { from: 10 });
      });

      it('goes on where the sequence wraps, in the middle of a batch too', async () => {
        const nearWrap = { sequenceOfFirst: 2 ** 31 - 5 };
        const topic = harness.open(nearWrap);
        await append(topic, 1, 3);

        expect(await append(topic, 4, 8)).toEqual({ outcome: 'appended', baseOffset: 3 }); // …646, …647, 0, 1, 2
        expect(await append(harness.open(nearWrap), 4, 8)).toEqual({ outcome: 'appended', baseOffset: 3 });
        expect(await append(topic, 7, 9)).toMatchObject({ outcome: 'out_of_order' });
        expect(await append(topic, 10, 10)).toMatchObject({ outcome: 'out_of_order' });
        expect(await append(topic, 9, 9)).toEqual({ outcome: 'appended', baseOffset: 8 });

        source.setBack('activity', shard, 9);
        await expectTopicToHold(9);
      });

      it('goes on where a batch ends just before the wrap', async () => {
        const topic = harness.open({ sequenceOfFirst: 2 ** 31 - 5 });
        await append(topic, 1, 5);
        expect(await append(topic, 6, 7)).toEqual({ outcome: 'appended', baseOffset: 5 });
        expect(await append(topic, 6, 7)).toEqual({ outcome: 'appended', baseOffset: 5 });
        await expectTopicToHold(7);
      });

      it("a stranger's record at the end has no position, and moves ours to another offset", async () => {
        const topic = harness.open();
        await append(topic, 1, 3);
        await harness.publishForeign('activity', shard);

        expect(await topic.end('activity', shard)).toEqual({
          nextOffset: 4,
          last: { position: null, id: null },
        });
        expect(await append(topic, 4, 4)).toEqual({ outcome: 'appended', baseOffset: 4 });
      });
    });

    describe('under a relay', () => {
      it('both logs are mirrored, in batches that fit the topic', async () => {
        source.grow('activity', shard, 30, { bytes: 100_000 });
        source.grow('rejection', shard, 1_200);
        const { warnings } = relayOn(harness.open());

        await expectTopicToHold(30);
        await eventually(async () =>
          expect((await harness.open().end('rejection', shard)).nextOffset).toBe(1_200),
        );
        expectMirrored(await harness.records('rejection', shard), source, 'rejection', shard);
        expect(warnings).toEqual([]);
      });

      it('a new relay resumes exactly behind the last record', async () => {
        source.grow('activity', shard, 10);
        const first = relayOn(harness.open());
        await expectTopicToHold(10);
        await first.relay.stop();

        source.grow('activity', shard, 10);
        const second = relayOn(harness.open());

        await expectTopicToHold(20);
        expect(second.warnings).toEqual([]); // it did not have to be refused to find the place
      });

      it('two relays at once publish each entry once', async () => {
        const relays = [relayOn(harness.open()), relayOn(harness.open())];
        for (let i = 0; i < 60; i++) {
          source.grow('activity', shard, 7);
          for (const { relay } of relays) relay.wake(shard);
          await new Promise((resolve) => setTimeout(resolve, 3));
        }

        await expectTopicToHold(420);
        expect(relays.flatMap(({ stops }) => stops)).toEqual([]);
      });

      it('a relay that was paused for long comes late with older entries, and does no harm', async () => {
        const late = pausable(harness.open());
        late.pause();
        source.grow('activity', shard, 10);
        const sleeper = relayOn(late.topic);
        await eventually(() => expect(late.held()).toBe(1)); // positions 1 … 10, on their way

        source.grow('activity', shard, 3);
        const awake = relayOn(harness.open(), { maxBatchEntries: 2 });
        await expectTopicToHold(13);
        source.grow('activity', shard, 1);
        await expectTopicToHold(14);

        late.resume();
        source.grow('activity', shard, 5);
        await expectTopicToHold(19);
        await eventually(() => expect(sleeper.relay.published().get('activity')!.get(shard)).toBe(19));
        expect([...sleeper.stops, ...awake.stops]).toEqual([]);
      });

      it('retention may delete what was published, all of it too', async () => {
        source.grow('activity', shard, 10);
        const first = relayOn(harness.open());
        await expectTopicToHold(10);
        await first.relay.stop();
        await harness.deleteRecords('activity', shard, 10);

        source.grow('activity', shard, 5);
        const { stops } = relayOn(harness.open());

        await expectTopicToHold(15, { from: 10 });
        expect(stops).toEqual([]);
      });

      it('stops at a foreign record that it finds at the end', async () => {
        source.grow('activity', shard, 3);
        const first = relayOn(harness.open());
        await expectTopicToHold(3);
        await first.relay.stop();
        await harness.publishForeign('activity', shard);

        const { relay, stops } = relayOn(harness.open());

        await eventually(() => expect(stops).toHaveLength(1));
        expect(stops[0]).toMatchObject({ name: 'RelayStoppedError', reason: 'foreign_record', shard });
        source.grow('activity', shard, 3);
        relay.wake();
        await relay.stop();
        expect((await harness.open().end('activity', shard)).nextOffset).toBe(4);
      });

      it('stops at a foreign record that came between its own while it ran, and stays stopped when started again', async () => {
        source.grow('activity', shard, 3);
        const { stops } = relayOn(harness.open());
        await expectTopicToHold(3);
        await harness.publishForeign('activity', shard);
        source.grow('activity', shard, 2);

        await eventually(() => expect(stops).toHaveLength(1));
        expect(stops[0]).toMatchObject({ reason: 'foreign_record', shard });

        const again = relayOn(harness.open());
        await eventually(() => expect(again.stops).toHaveLength(1));
        expect(again.stops[0]!.message).toMatch(/position 5 instead of 6.*reset --published/);
      });

      it.each([
        ['behind the topic', 6, 0],
        ['behind it and grown past it again', 6, 9],
      ])('stops when the database was set back %s', async (_what, length, grown) => {
        source.grow('activity', shard, 10);
        const first = relayOn(harness.open());
        await expectTopicToHold(10);
        await first.relay.stop();
        source.setBack('activity', shard, length);
        source.grow('activity', shard, grown, { era: 'b' });

        const { stops } = relayOn(harness.open());

        await eventually(() => expect(stops).toHaveLength(1));
        expect(stops[0]).toMatchObject({ reason: 'database_set_back', shard });
        expect((await harness.open().end('activity', shard)).nextOffset).toBe(10);
      });

      it('a topic made anew gets the whole log again', async () => {
        source.grow('activity', shard, 10);
        const first = relayOn(harness.open());
        await expectTopicToHold(10);
        await first.relay.stop();
        await harness.makeAnew('activity');

        source.grow('activity', shard, 5);
        const { messages, stops } = relayOn(harness.open());

        await expectTopicToHold(15);
        expect(stops).toEqual([]);
        expect(messages.join()).toMatch(/is empty: publishing the log from position 1 to 15/);
      });

      it('a topic made anew while the relay runs gets the whole log again', async () => {
        source.grow('activity', shard, 10);
        const { stops, warnings } = relayOn(harness.open(), { lookAgainAfterMs: 50 });
        await expectTopicToHold(10);
        await harness.makeAnew('activity');
        await new Promise((resolve) => setTimeout(resolve, 100)); // longer than it trusts its memory

        source.grow('activity', shard, 5);

        await expectTopicToHold(15);
        expect(stops).toEqual([]);
        expect(warnings.join()).toMatch(/has gone back from 10 to 0 records/);
      });

      it('the broker is killed and comes back in mid-run: none lost, none twice', async () => {
        const relays = [relayOn(harness.open(), { maxBatchEntries: 3 }), relayOn(harness.open())];
        let growing = true;
        const growth = (async () => {
          while (growing) {
            source.grow('activity', shard, 5);
            for (const { relay } of relays) relay.wake();
            await new Promise((resolve) => setTimeout(resolve, 25)); // by threes, it is to catch up on any machine
          }
        })();
        const progress = () => relays[0]!.relay.published().get('activity')!.get(shard) ?? 0;

        for (let kill = 0; kill < 2; kill++) {
          const before = progress();
          await eventually(() => expect(progress()).toBeGreaterThan(before + 20), 60_000);
          await harness.killBroker();
          await new Promise((resolve) => setTimeout(resolve, 50));
          await harness.restartBroker();
        }
        const before = progress();
        await eventually(() => expect(progress()).toBeGreaterThan(before + 20), 60_000);
        growing = false;
        await growth;

        await expectTopicToHold(source.entries('activity', shard).length);
        expect(relays.flatMap(({ stops }) => stops)).toEqual([]);
      }, 180_000);

      it('after the broker was killed, its fence still stands', async () => {
        await append(harness.open(), 1, 5);
        await append(harness.open(), 6, 10);
        await harness.killBroker();
        await harness.restartBroker();

        const topic = harness.open();
        await eventually(
          async () => expect((await topic.end('activity', shard)).nextOffset).toBe(10),
          60_000,
        );
        expect(await append(topic, 6, 10)).toEqual({ outcome: 'appended', baseOffset: 5 });
        expect(await append(topic, 8, 11)).toMatchObject({ outcome: 'out_of_order' });
        expect(await append(topic, 12, 12)).toMatchObject({ outcome: 'out_of_order' });
        source.setBack('activity', shard, 10);
        await expectTopicToHold(10);
      }, 120_000);
    });
  });
}

/** A log topic whose appends can be held on their way, as in a process that was stopped. */
function pausable(topic: LogTopic): { topic: LogTopic; pause(): void; resume(): void; held(): number } {
  let gate: Promise<void> | undefined;
  let open: () => void = () => undefined;
  let held = 0;
  return {
    pause: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    resume: () => open(),
    held: () => held,
    topic: {
      nameOf: (log) => topic.nameOf(log),
      end: (log, shard) => topic.end(log, shard),
      append: async (log, shard, firstPosition, batch) => {
        held++;
        await gate;
        return await topic.append(log, shard, firstPosition, batch);
      },
    },
  };
}
