import {
  type Activity,
  type Conversation,
  evolveRecord,
  type Instant,
  mergeConversations,
  type TimePolicy,
  type Rejection,
  type Task,
  type TaskRecord,
  timersOf,
} from '#libs/domain';
import { type InboundEvent } from './inbound-event';
import { type InputPosition } from './input-position';
import {
  type AnswerKey,
  type CreatedTask,
  type LogHeads,
  type ScheduledTask,
  type ShardChanges,
} from './shard.store';

/** What a transaction read, changed in memory in log order; at the end it says what to write. */
export class WorkingSet {
  readonly #conversations = new Map<string, { conversation: Conversation; changed: boolean }>();
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #created = new Map<string, Pick<CreatedTask, 'identity' | 'origin'>>();
  readonly #changed = new Set<string>();
  /** What the flows have cost so far, in their units. */
  cost = 0;
  readonly #changes: Omit<
    ShardChanges,
    'conversations' | 'tasks' | 'changedTasks' | 'heads' | 'recordedAt' | 'position'
  > = {
    messages: [],
    outcomes: [],
    applied: [],
    activities: [],
    rejections: [],
  };

  constructor(
    read: { conversations: readonly Conversation[]; tasks: readonly TaskRecord[] },
    private readonly heads: LogHeads,
  ) {
    for (const conversation of read.conversations) {
      this.#conversations.set(keyOf(conversation.tenantId, conversation.id), {
        conversation,
        changed: false,
      });
    }
    for (const record of read.tasks) this.#tasks.set(keyOf(record.task.tenantId, record.task.id), record);
  }

  /** Adds what an event says of its conversation; returns the conversation as then known. */
  learn(facts: Conversation): Conversation {
    const key = keyOf(facts.tenantId, facts.id);
    const known = this.#conversations.get(key);
    const conversation = known ? mergeConversations(known.conversation, facts) : facts;
    const changed = !known || known.changed || !sameConversation(known.conversation, conversation);
    this.#conversations.set(key, { conversation, changed });
    return conversation;
  }

  conversation(tenantId: string, conversationId: string): Conversation | null {
    return this.#conversations.get(keyOf(tenantId, conversationId))?.conversation ?? null;
  }

  task(tenantId: string, taskId: string): Task | null {
    return this.taskRecord(tenantId, taskId)?.task ?? null;
  }

  taskRecord(tenantId: string, taskId: string): TaskRecord | null {
    return this.#tasks.get(keyOf(tenantId, taskId)) ?? null;
  }

  addMessage(
    event: InboundEvent,
    {
      messageId,
      from,
      text,
    }: { messageId: string; from: { kind: 'customer' | 'agent' | 'ai_agent'; id: string }; text: string },
  ): void {
    const { tenantId, conversationId, time } = event;
    this.#changes.messages.push({
      tenantId,
      conversationId,
      messageId,
      from: { kind: from.kind, id: from.id },
      text,
      sentAt: time,
    });
  }

  addOutcome(event: InboundEvent): void {
    this.#changes.outcomes.push(event);
  }

  /**
   * Appends an activity to the shard's log and lets the task become what it says.
   *
   * @param made what created the task, for a first activity.
   */
  record(
    activity: Activity,
    { made, traceparent }: { made?: Pick<CreatedTask, 'identity' | 'origin'>; traceparent?: string } = {},
  ): void {
    const key = keyOf(activity.tenantId, activity.taskId);
    const record = evolveRecord(this.#tasks.get(key) ?? null, activity);
    const { task } = record;
    this.#tasks.set(key, record);
    this.heads.activity += 1;
    this.#changes.activities.push({ ...activity, task, position: this.heads.activity, traceparent });
    if (task.version === 1) this.#created.set(key, made!);
    else this.reschedule(task);
  }

  /** Has the moment of a task's first timer worked out anew, though nothing may have happened to the task. */
  reschedule({ tenantId, id }: Pick<Task, 'tenantId' | 'id'>): void {
    const key = keyOf(tenantId, id);
    if (!this.#created.has(key)) this.#changed.add(key);
  }

  /** Appends a rejection to the shard's log. */
  reject(event: InboundEvent, taskId: string, rejection: Rejection): void {
    this.heads.rejection += 1;
    this.#changes.rejections.push({ ...rejection, event, taskId, position: this.heads.rejection });
  }

  /**
   * Leaves the event's identity behind, so that it counts once.
   *
   * @param answer the task, and its version, that the sender was answered with, where somebody waits for an answer.
   */
  settle(event: InboundEvent, became: 'applied' | 'rejected', answer: AnswerKey | null = null): void {
    this.#changes.applied.push({ event, became, answer });
  }

  /** @param timePolicyOf by the tenant's id, of every tenant whose tasks changed. */
  changes(
    recordedAt: Instant,
    position: InputPosition | null,
    timePolicyOf: (tenantId: string) => TimePolicy,
  ): ShardChanges {
    const scheduled = (key: string): ScheduledTask => {
      const record = this.#tasks.get(key)!;
      return { ...record, timerAt: timersOf(record, timePolicyOf(record.task.tenantId))[0]?.at ?? null };
    };
    const conversations = [...this.#conversations.values()]
      .filter(({ changed }) => changed)
      .map(({ conversation }) => conversation);
    const tasks = [...this.#created].map(([key, made]) => ({ ...scheduled(key), ...made }));
    const changedTasks = [...this.#changed].map(scheduled);
    return { ...this.#changes, conversations, tasks, changedTasks, heads: this.heads, recordedAt, position };
  }
}

const keyOf = (tenantId: string, id: string): string => `${tenantId}\0${id}`;

function sameConversation(a: Conversation, b: Conversation): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
