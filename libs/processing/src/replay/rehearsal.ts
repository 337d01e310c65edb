import {
  type Conversation,
  type EventIdentity,
  identityKey,
  type Rejection,
  type Task,
  type TaskRecord,
} from '#libs/domain';
import {
  type CreatedTask,
  type LogHeads,
  type ShardChanges,
  type ShardStore,
  type ShardTransaction,
  type StoredFlow,
  type TaskKey,
  type TenantRevision,
  type WorkforceEntry,
} from '../shard.store';
import { conversationKey, messageKey, type MessageTrace, RehearsedState, traceOf } from './rehearsed.state';
import { type Standing, type StandingStore } from './standing.store';

/** What records found when they were rehearsed, and what came of each event. */
export class RehearsalNotes {
  /** As they were before the first of the records; null when there was none. */
  readonly conversations = new Map<string, Conversation | null>();
  readonly messages = new Map<string, MessageTrace | null>();
  /** By the identity of the event they would come of. */
  readonly tasks = new Map<string, CreatedTask[]>();
  readonly rejections = new Map<string, Rejection>();
}

/**
 * A `ShardStore` to rehearse against: everything is applied by the very code that applies it, reads what stands, in transactions that
 * cannot write, and writes into memory alone. So what a rehearsal says is what a run does, by construction.
 *
 * What only the database can refuse, a value it cannot store, it does not foresee.
 */
export class Rehearsal implements ShardStore {
  readonly #state = new RehearsedState();
  #notes = new RehearsalNotes();

  constructor(private readonly standing: StandingStore) {}

  /** Roughly what it keeps in memory: it grows with what is new. */
  get bytes(): number {
    return this.#state.bytes;
  }

  inShard<T>(shard: number, tenantIds: string[], work: (tx: ShardTransaction) => Promise<T>): Promise<T> {
    return this.standing.asItStands(shard, tenantIds, (standing) =>
      work(new RehearsedTransaction(standing, this.#state, this.#notes)),
    );
  }

  storePosition(): Promise<void> {
    throw new Error('a rehearsal has no position to store');
  }

  /** What was found since the last time, and forgets it. */
  takeNotes(): RehearsalNotes {
    const notes = this.#notes;
    this.#notes = new RehearsalNotes();
    return notes;
  }
}

/** What stands, with what was rehearsed before laid over it. */
class RehearsedTransaction implements ShardTransaction {
  constructor(
    private readonly standing: Standing,
    private readonly state: RehearsedState,
    private readonly notes: RehearsalNotes,
  ) {}

  async appliedEvents(events: readonly EventIdentity[]): Promise<Map<string, Buffer>> {
    const known = await this.standing.appliedEvents(events);
    for (const key of events.map(identityKey)) {
      const hash = this.state.applied.get(key);
      if (hash && !known.has(key)) known.set(key, hash);
    }
    return known;
  }

  answers(events: readonly EventIdentity[]): Promise<Map<string, Task>> {
    return this.standing.answers(events);
  }

  async conversations(ids: readonly { tenantId: string; conversationId: string }[]): Promise<Conversation[]> {
    const standing = new Map(
      (await this.standing.conversations(ids)).map((each) => [conversationKey(each.tenantId, each.id), each]),
    );
    return ids.flatMap(({ tenantId, conversationId }) => {
      const key = conversationKey(tenantId, conversationId);
      const conversation = this.state.conversation(key, standing.get(key));
      // A batch that is halved looks again, when its first half has been rehearsed.
      if (!this.notes.conversations.has(key)) this.notes.conversations.set(key, conversation ?? null);
      return conversation ?? [];
    });
  }

  async tasks(ids: readonly TaskKey[]): Promise<TaskRecord[]> {
    const rehearsed = ids.flatMap(({ tenantId, taskId }) => this.state.task(tenantId, taskId) ?? []);
    const standing = await this.standing.tasks(ids);
    return [...standing.filter(({ task }) => !this.state.task(task.tenantId, task.id)), ...rehearsed];
  }

  heads(): Promise<LogHeads> {
    return this.standing.heads();
  }

  revisions(tenantIds: readonly string[]): Promise<Map<string, TenantRevision>> {
    return this.standing.revisions(tenantIds);
  }

  workforce(tenantId: string): Promise<WorkforceEntry[]> {
    return this.standing.workforce(tenantId);
  }

  flows(tenantId: string): Promise<StoredFlow[]> {
    return this.standing.flows(tenantId);
  }

  async write(changes: ShardChanges): Promise<void> {
    await this.#noteMessages(changes);
    for (const created of changes.tasks) {
      const key = identityKey(created.identity);
      this.notes.tasks.set(key, [...(this.notes.tasks.get(key) ?? []), created]);
    }
    for (const { event, code, detail } of changes.rejections)
      this.notes.rejections.set(identityKey(event), { code, detail });
    this.state.write(changes, (key) => this.notes.messages.get(key) != null);
  }

  /** Which of the messages that would be written are there. */
  async #noteMessages({ messages }: ShardChanges): Promise<void> {
    const { notes, state } = this;
    const unseen = new Map(
      messages
        .map((message) => [messageKey(message), message] as const)
        .filter(([key]) => !notes.messages.has(key)),
    );
    for (const key of unseen.keys()) notes.messages.set(key, state.message(key) ?? null);
    for (const message of await this.standing.messages([...unseen.values()]))
      notes.messages.set(messageKey(message), traceOf(message));
  }
}
