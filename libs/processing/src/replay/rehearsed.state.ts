import { createHash } from 'node:crypto';
import { type Conversation, identityKey, mergeConversations, type TaskRecord } from '#libs/domain';
import { type ShardChanges, type StoredMessage } from '../shard.store';
import { type MessageKey } from './standing.store';

/** A message without its text, which may be long: enough to tell whether another one says the same. */
export interface MessageTrace {
  from: string;
  sentAt: string;
  textHash: string;
}

/** What an entry takes beside its texts: objects, map slots, a key. Bytes. */
const ENTRY_BYTES = 300;

/**
 * What a rehearsal would have written so far, which is what a run would find when it gets there. Only what is new is kept, so a
 * replay of what is there needs no memory, however long it is.
 */
export class RehearsedState {
  readonly applied = new Map<string, Buffer>();
  readonly #conversations = new Map<string, Conversation>();
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #messages = new Map<string, MessageTrace>();
  #bytes = 0;

  /** Roughly what it takes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A conversation as it would be, given as it stands: workers may have learnt more of it meanwhile. */
  conversation(key: string, standing: Conversation | undefined): Conversation | undefined {
    const rehearsed = this.#conversations.get(key);
    return rehearsed && standing ? mergeConversations(standing, rehearsed) : (rehearsed ?? standing);
  }

  task(tenantId: string, taskId: string): TaskRecord | undefined {
    return this.#tasks.get(`${tenantId}\0${taskId}`);
  }

  message(key: string): MessageTrace | undefined {
    return this.#messages.get(key);
  }

  /** @param isThere whether a message is there already, which a write leaves as it is. */
  write(changes: ShardChanges, isThere: (messageKey: string) => boolean): void {
    for (const conversation of changes.conversations) {
      const key = conversationKey(conversation.tenantId, conversation.id);
      if (!this.#conversations.has(key)) this.#grow(JSON.stringify(conversation).length);
      this.#conversations.set(key, conversation);
    }
    for (const message of changes.messages) {
      const key = messageKey(message);
      if (isThere(key) || this.#messages.has(key)) continue;
      this.#messages.set(key, traceOf(message));
      this.#grow(key.length);
    }
    for (const { event } of changes.applied) {
      const key = identityKey(event);
      this.applied.set(key, event.payloadHash);
      this.#grow(key.length);
    }
    for (const { task, timekeeping } of [...changes.tasks, ...changes.changedTasks]) {
      this.#tasks.set(`${task.tenantId}\0${task.id}`, { task, timekeeping });
      this.#grow(2 * (task.title.length + (task.description?.length ?? 0)));
    }
  }

  #grow(text: number): void {
    this.#bytes += ENTRY_BYTES + 2 * text;
  }
}

export const conversationKey = (tenantId: string, id: string): string => `${tenantId}\0${id}`;

export const messageKey = ({ tenantId, conversationId, messageId }: MessageKey): string =>
  `${tenantId}\0${conversationId}\0${messageId}`;

export function traceOf({
  from,
  sentAt,
  text,
}: Pick<StoredMessage, 'from' | 'sentAt' | 'text'>): MessageTrace {
  const textHash = createHash('sha256').update(text).digest('base64').slice(0, 22);
  return { from: `${from.kind}:${from.id}`, sentAt, textHash };
}
