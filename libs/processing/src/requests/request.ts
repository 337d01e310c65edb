import { type Instant, type Rejection, type Task, type TaskCommand } from '#libs/domain';
import { type InboundEvent } from '../inbound-event';

/** A command that somebody waits for the answer of, as over HTTP: an event that came by no topic. */
export interface TaskRequest {
  event: InboundEvent & { origin: null; body: TaskCommand };
  /** What must be so of its conversation, for a creation: that it goes on still, or at least that it is known; null for what it does not matter to. */
  conversation: 'active' | 'known' | null;
}

/** What a request is answered with: the closed set in which it ends. */
export type Answer =
  /** It had its effect, now or, `repeated`, when it came before: the task as it then was. */
  | { kind: 'done'; task: Task; repeated: boolean }
  /** Something else was asked for under this identity before. */
  | { kind: 'other_payload' }
  /** The rules refuse it. Unlike an event's, this is not kept: the same request may be made again. `task` is what it is about, where there is one. */
  | { kind: 'rejected'; rejection: Rejection; task: Task | null }
  | { kind: 'conversation_unknown' }
  | { kind: 'conversation_ended'; endedAt: Instant };
