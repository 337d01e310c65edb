import {
  type Activity,
  type Conversation,
  type EventIdentity,
  evolve,
  type FlowOrigin,
  type Instant,
  mergeConversations,
  type Rejection,
  type Task,
} from '#libs/domain';
import { type InboundEvent } from './inbound-event';
import { type InputPosition } from './input-position';
import { type CreatedTask, type LogHeads, type ShardChanges } from './shard.store';

/** What a transaction read, changed in memory in log order; at the end it says what to write. */
export class WorkingSet {
  readonly #conversations = new Map<string, { conversation: Conversation; changed: boolean }>();
  readonly #tasks = new Map<string, Task>();
  readonly #created = new Map<string, Omit<CreatedTask, 'task'>>();
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
    read: { conversations: readonly Conversation[]; tasks: readonly Task[] },
    private readonly heads: LogHeads,
  ) {
    for (const conversation of read.conversations) {
      this.#conversations.set(keyOf(conversation.tenantId, conversation.id), {
        conversation,
        changed: false,
      });
    }
    for (const task of read.tasks) this.#tasks.set(keyOf(task.tenantId, task.id), task);
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

  task(tenantId: string, taskId: string): Task | null {
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

  /** Appends an activity to the shard's log and lets the task become what it says. */
  record(activity: Activity, identity: EventIdentity, origin: FlowOrigin | null, traceparent?: string): void {
    const task = evolve(this.task(activity.tenantId, activity.taskId), activity);
    const key = keyOf(task.tenantId, task.id);
    this.#tasks.set(key, task);
    this.heads.activity += 1;
    this.#changes.activities.push({ ...activity, task, position: this.heads.activity, traceparent });
    if (task.version === 1) this.#created.set(key, { identity, origin });
    else if (!this.#created.has(key)) this.#changed.add(key);
  }

  /** Appends a rejection to the shard's log. */
  reject(event: InboundEvent, taskId: string, rejection: Rejection): void {
    this.heads.rejection += 1;
    this.#changes.rejections.push({ ...rejection, event, taskId, position: this.heads.rejection });
  }

  /** Leaves the event's identity behind, so that it counts once. */
  settle(event: InboundEvent, became: 'applied' | 'rejected'): void {
    this.#changes.applied.push({ event, became });
  }

  changes(recordedAt: Instant, position: InputPosition | null): ShardChanges {
    const conversations = [...this.#conversations.values()]
      .filter(({ changed }) => changed)
      .map(({ conversation }) => conversation);
    const tasks = [...this.#created].map(([key, made]) => ({ task: this.#tasks.get(key)!, ...made }));
    const changedTasks = [...this.#changed].map((key) => this.#tasks.get(key)!);
    return { ...this.#changes, conversations, tasks, changedTasks, heads: this.heads, recordedAt, position };
  }
}

const keyOf = (tenantId: string, id: string): string => `${tenantId}\0${id}`;

function sameConversation(a: Conversation, b: Conversation): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
