import {
  type Conversation,
  type EventIdentity,
  identityKey,
  type Instant,
  type Task,
  type TaskRecord,
} from '#libs/domain';
import {
  type AnswerKey,
  type CreatedTask,
  type FoundTask,
  type InputPosition,
  KeyedQueue,
  type Made,
  type MessageKey,
  type LogHeads,
  type LoggedActivity,
  type LoggedRejection,
  type ShardChanges,
  type ScheduledTask,
  type ShardTransaction,
  ShardTransactions,
  type ShardWork,
  type Standing,
  type StandingStore,
  StoreConflict,
  type StoredFlow,
  type StoredMessage,
  type TaskFinder,
  type TaskKey,
  type TenantRevision,
  type TimerSource,
  together,
  type WorkforceEntry,
} from '#libs/processing';

interface State {
  conversations: Map<string, Conversation>;
  messages: Map<string, StoredMessage>;
  outcomes: Map<string, unknown>;
  applied: Map<string, Buffer>;
  answers: Map<string, AnswerKey>;
  tasks: Map<string, ScheduledTask & { shard: number }>;
  origins: Set<string>;
  activities: (LoggedActivity & { shard: number })[];
  rejections: LoggedRejection[];
  heads: Map<number, LogHeads>;
  positions: Map<string, InputPosition>;
}

const emptyState = (): State => ({
  conversations: new Map(),
  messages: new Map(),
  outcomes: new Map(),
  applied: new Map(),
  answers: new Map(),
  tasks: new Map(),
  origins: new Set(),
  activities: [],
  rejections: [],
  heads: new Map(),
  positions: new Map(),
});

/**
 * `ShardStore` in memory, for the deterministic tests of processing: a transaction works on a copy, which becomes the state when it
 * commits. Held to the same contract as the one on PostgreSQL.
 */
export class MemoryShardStore extends ShardTransactions implements StandingStore, TimerSource, TaskFinder {
  state = emptyState();
  readonly workforceOf = new Map<string, WorkforceEntry[]>();
  readonly flowsOf = new Map<string, StoredFlow[]>();
  /** Thrown by the next transactions, one each, at the moment named. */
  readonly faults: { at: 'begin' | 'write' | 'committed'; error: Error }[] = [];
  /** Asked before each write: an error it returns fails the transaction, as a value the database cannot store would. */
  poison: (changes: ShardChanges) => Error | null = () => null;
  transactions = 0;
  readonly #queue = new KeyedQueue<'all'>();

  async inShards(works: readonly ShardWork[]): Promise<unknown[]> {
    return this.#queue.run('all', () => this.#transaction(works));
  }

  async #transaction(works: readonly ShardWork[]): Promise<unknown[]> {
    this.transactions += 1;
    const fault = this.faults.shift();
    if (fault?.at === 'begin') throw fault.error;
    const copy = structuredClone(this.state);
    const results = await together(
      works.map(({ shard, work }) => work(new MemoryShardTransaction(this, copy, shard))),
    );
    if (fault?.at === 'write') throw fault.error;
    this.state = copy;
    if (fault?.at === 'committed') throw fault.error;
    return results;
  }

  /** On a copy that is thrown away; one that was written to is an error. */
  async asItStands<T>(
    shard: number,
    _tenantIds: string[],
    work: (standing: Standing) => Promise<T>,
  ): Promise<T> {
    return work(new MemoryStanding(this, structuredClone(this.state), shard));
  }

  async claimedBy(agents: readonly { tenantId: string; agentId: string }[]): Promise<FoundTask[]> {
    return this.#open(({ task }) =>
      agents.some((each) => each.tenantId === task.tenantId && each.agentId === task.claimedBy),
    );
  }

  async dueBy(
    { tenantId, calendarId }: { tenantId: string; calendarId: string },
    afterTaskId: string | null,
    limit: number,
  ): Promise<FoundTask[]> {
    return this.#open(
      ({ task, timekeeping }) => task.tenantId === tenantId && timekeeping.dueBy?.calendar === calendarId,
    )
      .filter(({ taskId }) => taskId > (afterTaskId ?? ''))
      .sort((a, b) => (a.taskId < b.taskId ? -1 : 1))
      .slice(0, limit);
  }

  #open(is: (record: TaskRecord) => boolean): FoundTask[] {
    return [...this.state.tasks.values()]
      .filter((record) => ['to_do', 'in_progress'].includes(record.task.status) && is(record))
      .map(({ shard, task }) => ({ shard, tenantId: task.tenantId, taskId: task.id }));
  }

  async shardsDue(shards: readonly number[], until: Instant): Promise<Map<number, Instant>> {
    const firsts = shards.map((shard) => [shard, this.#due(shard, until)[0]?.timerAt] as const);
    return new Map(firsts.filter((first): first is [number, Instant] => first[1] != null));
  }

  async tasksDue(shard: number, until: Instant, limit: number): Promise<TaskKey[]> {
    const due = this.#due(shard, until).slice(0, limit);
    return due.map(({ task }) => ({ tenantId: task.tenantId, taskId: task.id }));
  }

  #due(shard: number, until: Instant): ScheduledTask[] {
    return [...this.state.tasks.values()]
      .filter((each) => each.shard === shard && each.timerAt !== null && each.timerAt <= until)
      .sort((a, b) => (a.timerAt! < b.timerAt! ? -1 : 1));
  }

  async storePosition(position: InputPosition): Promise<void> {
    this.state.positions.set(`${position.topic}/${position.partition}`, position);
  }
}

class MemoryShardTransaction implements ShardTransaction {
  constructor(
    private readonly store: MemoryShardStore,
    protected readonly state: State,
    private readonly shard: number,
  ) {}

  async appliedEvents(events: readonly EventIdentity[]): Promise<Map<string, Buffer>> {
    const keys = events.map(identityKey).filter((key) => this.state.applied.has(key));
    return new Map(keys.map((key) => [key, Buffer.from(this.state.applied.get(key)!)]));
  }

  async answers(events: readonly EventIdentity[]): Promise<Map<string, Task>> {
    const found = new Map<string, Task>();
    for (const key of events.map(identityKey)) {
      const answer = this.state.answers.get(key);
      const is = ({ taskId, sequence }: LoggedActivity): boolean =>
        taskId === answer?.taskId && sequence === answer.version;
      const activity = this.state.activities.find(is);
      if (activity) found.set(key, activity.task);
    }
    return found;
  }

  async conversations(ids: readonly { tenantId: string; conversationId: string }[]): Promise<Conversation[]> {
    return ids.flatMap(
      ({ tenantId, conversationId }) => this.state.conversations.get(`${tenantId}\0${conversationId}`) ?? [],
    );
  }

  async tasks(ids: readonly TaskKey[]): Promise<TaskRecord[]> {
    const found = ids.flatMap(({ tenantId, taskId }) => this.state.tasks.get(`${tenantId}\0${taskId}`) ?? []);
    return found.map(({ task, timekeeping }) => ({ task, timekeeping }));
  }

  async heads(): Promise<LogHeads> {
    return { ...(this.state.heads.get(this.shard) ?? { activity: 0, rejection: 0 }) };
  }

  async revisions(tenantIds: readonly string[]): Promise<Map<string, TenantRevision>> {
    return new Map(
      tenantIds.map((id) => [
        id,
        {
          workforce: this.store.workforceOf.get(id)?.length ?? 0,
          flows: this.store.flowsOf.get(id)?.length ?? 0,
        },
      ]),
    );
  }

  async workforce(tenantId: string): Promise<WorkforceEntry[]> {
    return this.store.workforceOf.get(tenantId) ?? [];
  }

  async flows(tenantId: string): Promise<StoredFlow[]> {
    return this.store.flowsOf.get(tenantId) ?? [];
  }

  async write(changes: ShardChanges): Promise<void> {
    const poisoned = this.store.poison(changes);
    if (poisoned) throw poisoned;
    const { state } = this;
    for (const c of changes.conversations) state.conversations.set(`${c.tenantId}\0${c.id}`, c);
    for (const m of changes.messages) {
      const key = `${m.tenantId}\0${m.conversationId}\0${m.messageId}`;
      if (!state.messages.has(key)) state.messages.set(key, m);
    }
    for (const event of changes.outcomes) take(state.outcomes, identityKey(event), event.body.data);
    for (const { event, answer } of changes.applied) {
      take(state.applied, identityKey(event), event.payloadHash);
      if (answer) state.answers.set(identityKey(event), answer);
    }
    for (const created of changes.tasks) {
      const { task, timekeeping, timerAt } = created;
      take(state.tasks, `${task.tenantId}\0${task.id}`, { task, timekeeping, timerAt, shard: this.shard });
      const origin = originKey(created);
      if (state.origins.has(origin)) throw new StoreConflict(`task_origin: ${origin}`);
      state.origins.add(origin);
    }
    for (const changed of changes.changedTasks)
      state.tasks.set(`${changed.task.tenantId}\0${changed.task.id}`, { ...changed, shard: this.shard });
    state.activities.push(...changes.activities.map((activity) => ({ ...activity, shard: this.shard })));
    state.rejections.push(...changes.rejections);
    state.heads.set(this.shard, { ...changes.heads });
    if (changes.position)
      state.positions.set(`${changes.position.topic}/${changes.position.partition}`, changes.position);
  }
}

class MemoryStanding extends MemoryShardTransaction implements Standing {
  override write(): Promise<void> {
    throw new Error('a view of what stands cannot be written to');
  }

  async messages(keys: readonly MessageKey[]): Promise<StoredMessage[]> {
    return keys.flatMap(
      ({ tenantId, conversationId, messageId }) =>
        this.state.messages.get(`${tenantId}\0${conversationId}\0${messageId}`) ?? [],
    );
  }

  /** Of outcomes the memory keeps too little to say what they said. */
  async made(events: readonly EventIdentity[]): Promise<Map<string, Made>> {
    const { applied, outcomes, activities, rejections } = this.state;
    const found = new Map<string, Made>();
    for (const identity of events) {
      const key = identityKey(identity);
      if (!applied.has(key)) continue;
      const is = ({ tenantId, cause }: LoggedActivity): boolean =>
        identityKey({ ...cause, tenantId }) === key;
      const created = outcomes.has(key) ? undefined : activities.find(is);
      const refused = rejections.find(({ event }) => identityKey(event) === key)?.event;
      if (created) {
        const { conversationId, time, taskId, actor, changes } = created;
        const fields = Object.fromEntries(changes.map(({ field, to }) => [field, to]));
        const content = { of: 'creation' as const, time, taskId, actor, fields };
        found.set(key, { type: 'task.create.v1', conversationId, content });
      } else if (refused) {
        const { conversationId, time, body } = refused;
        found.set(key, {
          type: body.type,
          conversationId,
          content: { of: 'rejection', time, data: body.data },
        });
      }
    }
    return found;
  }
}

/** A unique key: taken once. */
function take<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.has(key)) throw new StoreConflict(`duplicate key: ${key}`);
  map.set(key, value);
}

function originKey({ identity, origin }: CreatedTask): string {
  return `${identityKey(identity)}\0${origin ? `${origin.flow}\0${origin.node}\0${origin.ordinal}` : ''}`;
}
