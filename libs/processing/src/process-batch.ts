import { type ApplyDependencies, applyEvents } from './apply-events';
import { APPLY_CODES, type DeadLetter, type DeadLetters, firstLetter, publishLetters } from './dead-letter';
import { type InboundEvent } from './inbound-event';
import { type InputPosition, positionAfter } from './input-position';
import { type Intake } from './intake';
import { type KeyedQueue } from './keyed-queue';
import { type Outcome } from './outcome';
import { Interrupted, type Patience, waitOutOutages } from './patience';
import { type RawRecord } from './raw-record';
import { type ShardStore, StoreConflict, StoreOutage, StoreRefusal } from './shard.store';
import { retryConflicts } from './store-conflict.retry';
import { FlowUnreadable } from './tenant-directory';

export interface ProcessingPorts extends ApplyDependencies {
  intake: Intake;
  store: ShardStore;
  deadLetters: DeadLetters;
  /** The shard of a conversation. */
  shardOf(conversationId: string): number;
  /** Work waiting for a shard, process-wide. */
  queue: KeyedQueue<number>;
  /** Told after a shard's transactions committed: there may be something to publish. Must not throw. */
  committed?(shard: number): void;
}

/** What applying needs; dead letters are its outcomes, and who calls it decides about them. */
export type ApplyPorts = Omit<ProcessingPorts, 'deadLetters'>;

/** What changing a shard's tasks needs when it is not events that do. */
export type ShardPorts = Pick<ApplyPorts, 'store' | 'queue' | 'directory' | 'now' | 'committed'>;

/** Milliseconds; somewhat less than the store's limits, which end a transaction that stands still. */
const TOO_SLOW_MS = 8_000;

/**
 * Processes consecutive records of one partition. When it resolves, everything they cause is stored or dead-lettered and their
 * position is stored, so the caller may commit the offset after the last of them; when it throws, it may not.
 *
 * @param nextOffset where reading goes on, if not right behind the last record (`positionAfter`).
 * @returns what became of each record, in order.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function processBatch(
  records: readonly RawRecord[],
  ports: ProcessingPorts,
  patience: Patience,
  nextOffset?: string,
): Promise<Outcome[]> {
  const position = positionAfter(records, nextOffset);
  const { outcomes, positionStored } = await applyRecords(records, position, ports, patience);
  const letters = lettersIn(outcomes);
  if (letters.length > 0) await waitOutOutages(() => publishLetters(letters, ports.deadLetters), patience);
  if (!positionStored) await waitOutOutages(() => ports.store.storePosition(position), patience);
  return outcomes;
}

/**
 * Reads and applies records and no more: dead letters are among the outcomes and nowhere else yet. What a batch does, and what a
 * redrive and a replay do with records that come another way: so there is one way to change a task.
 *
 * @param position where reading goes on; null for records that were not read at the input's position.
 * @returns what became of each record, in order, and whether the position was stored: the last transaction carries it, unless a
 * dead letter has to be safe before that.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyRecords(
  records: readonly RawRecord[],
  position: InputPosition | null,
  ports: ApplyPorts,
  patience: Patience,
): Promise<{ outcomes: Outcome[]; positionStored: boolean }> {
  const outcomes: (Outcome | undefined)[] = new Array<undefined>(records.length);
  const events = readAll(records, outcomes, ports.intake);
  const shards = [...groupByShard(events, ports.shardOf)];
  let positionStored = false;
  for (const [index, [shard, own]] of shards.entries()) {
    const carried = index === shards.length - 1 && lettersIn(outcomes).length === 0 ? position : null;
    const applied = await applyToShard(shard, own, carried, records, ports, patience);
    ports.committed?.(shard);
    own.forEach(({ index: at }, i) => (outcomes[at] = applied.outcomes[i]));
    positionStored ||= applied.positionStored;
  }
  return { outcomes: outcomes as Outcome[], positionStored };
}

/** An event and which record of the batch it was. */
interface Indexed {
  index: number;
  event: InboundEvent;
}

/** Decodes and validates every record; sets the broken and the unknown aside. */
function readAll(
  records: readonly RawRecord[],
  outcomes: (Outcome | undefined)[],
  intake: Intake,
): Indexed[] {
  const events: Indexed[] = [];
  records.forEach((record, index) => {
    const read = intake.read(record);
    switch (read.kind) {
      case 'event':
        events.push({ index, event: read.event });
        return;
      case 'dead_letter':
        outcomes[index] = { kind: 'dead_letter', letter: firstLetter(record, read) };
        return;
      case 'skipped':
        outcomes[index] = { kind: 'skipped', type: read.type };
    }
  });
  return events;
}

function groupByShard(
  events: readonly Indexed[],
  shardOf: (conversationId: string) => number,
): Map<number, Indexed[]> {
  const groups = new Map<number, Indexed[]>();
  for (const indexed of events) {
    const shard = shardOf(indexed.event.conversationId);
    const group = groups.get(shard);
    if (group) group.push(indexed);
    else groups.set(shard, [indexed]);
  }
  return groups;
}

/** Events of one shard in one transaction, or, where they are costly, in several; when an event fails it, in ever smaller ones until that event stands alone. */
async function applyToShard(
  shard: number,
  events: readonly Indexed[],
  position: InputPosition | null,
  records: readonly RawRecord[],
  ports: ApplyPorts,
  patience: Patience,
): Promise<{ outcomes: Outcome[]; positionStored: boolean }> {
  let outcomes: Outcome[];
  try {
    outcomes = await waitOutOutages(() => inShard(shard, events, position, ports), patience);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Interrupted) throw error;
    const [only] = events;
    if (events.length === 1 && only) {
      return {
        outcomes: [{ kind: 'dead_letter', letter: letterFor(records[only.index]!, error) }],
        positionStored: false,
      };
    }
    const middle = Math.ceil(events.length / 2);
    const own = { ...ports, store: sharingWithNobody(ports.store) };
    const first = await applyToShard(shard, events.slice(0, middle), null, records, own, patience);
    const second = await applyToShard(shard, events.slice(middle), null, records, own, patience);
    return { outcomes: [...first.outcomes, ...second.outcomes], positionStored: false };
  }
  if (outcomes.length === events.length) return { outcomes, positionStored: position !== null };
  // As much as one transaction may cost: the others come in the next, and whoever waits for the shard comes between.
  const others = await applyToShard(shard, events.slice(outcomes.length), position, records, ports, patience);
  return { outcomes: [...outcomes, ...others.outcomes], positionStored: others.positionStored };
}

/** For events one of which is at fault: others' need not be done again with each half. */
function sharingWithNobody(store: ShardStore): ShardStore {
  return {
    inShard: (shard, tenantIds, work) => store.inShard(shard, tenantIds, work),
    storePosition: (position) => store.storePosition(position),
  };
}

/** One transaction, of all events or as many of the first as it may cost; done again as long as others take unique keys from under it. */
async function inShard(
  shard: number,
  events: readonly Indexed[],
  position: InputPosition | null,
  ports: ApplyPorts,
): Promise<Outcome[]> {
  const own = events.map(({ event }) => event);
  const tenants = [...new Set(own.map(({ tenantId }) => tenantId))];
  return retryConflicts(async () => {
    let began = 0;
    try {
      return await ports.queue.run(shard, () => {
        began = Date.now();
        return ports.store.inShard(
          shard,
          tenants,
          (tx) => applyEvents(own, position, tx, ports),
          events.length,
        );
      });
    } catch (error) {
      if (error instanceof StoreOutage && events.length > 1 && Date.now() - began >= TOO_SLOW_MS) {
        throw new TooSlow(`${events.length} events were not applied in time`, { cause: error });
      }
      throw error;
    }
  });
}

/**
 * A transaction of several events ended by what looks like an outage, after so long that it may have been the database's limit on
 * time (10 s idle in a transaction): costly flows, all in one. Tried again as it is, it would end so for ever; halved, it passes.
 * When it was an outage after all, halving has done no harm. One event alone is never given up for being slow.
 */
class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

function letterFor(record: RawRecord, error: Error): DeadLetter {
  const code = error instanceof FlowUnreadable ? 'flow_unreadable' : 'not_applicable';
  return firstLetter(record, { stage: APPLY_CODES[code], code, message: describe(error) });
}

/** For people, and read by many of them: it names what failed, and no value of the message. */
function describe(error: Error): string {
  const isOurs = [FlowUnreadable, StoreRefusal, StoreConflict].some((kind) => error instanceof kind);
  if (isOurs) return error.message;
  // Whatever else was thrown may quote what it was given, as V8 does of JSON; where it was thrown says as much.
  const { stack = '', message } = error;
  const where = /^\s+at (.+)$/m.exec(stack.slice(stack.indexOf(message) + message.length))?.[1];
  return `applying failed with ${error.name}${where ? ` at ${where}` : ''}, which is a fault of this program`;
}

function lettersIn(outcomes: readonly (Outcome | undefined)[]): DeadLetter[] {
  return outcomes.flatMap((outcome) => (outcome?.kind === 'dead_letter' ? [outcome.letter] : []));
}
