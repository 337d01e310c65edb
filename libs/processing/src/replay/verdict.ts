import { type Task } from '#libs/domain';
import { type DeadLetter } from '../dead-letter';
import { type InboundEvent } from '../inbound-event';
import { type RawRecord } from '../raw-record';
import { type CreatedTask } from '../shard.store';

/** What a replay does about one record: a closed set. The same words in a plan, where nothing was done yet, and in a run. */
export type Verdict =
  /** It was missed: it has an effect that is not there. */
  | { kind: 'new'; effect: Effect }
  /** Everything it leads to is there. */
  | { kind: 'there' }
  /** What is there came of something else under its name, and stays as it is. */
  | { kind: 'differs'; why: Difference }
  /** It cannot be read or applied: still none of its effects. */
  | { kind: 'dead_letter'; stage: DeadLetter['stage']; code: string; message: string }
  /** A type nobody here knows. */
  | { kind: 'skipped' };

/** What an event that was missed leads to. */
export interface Effect {
  taskCount: number;
  /** As they were foreseen. */
  tasks: CreatedTask[];
  /** For a command that the rules refuse: the refusal is what is new. */
  rejection: { code: string; detail: string } | null;
  /** Fields of the conversation that it changes. */
  conversation: string[];
  /** Whether it brings a message that is not there. */
  message: boolean;
}

/** In what something that comes again differs from what stands. */
export interface Difference {
  /** Empty when nobody can say. */
  fields: ChangedField[];
  /** In words, without any content. */
  reason: string;
}

export interface ChangedField {
  /** A path such as `data.slots.city`. */
  field: string;
  stands: unknown;
  comes: unknown;
}

/** A record, and what a replay does about it. */
export interface Replayed {
  record: RawRecord;
  /** Null when it cannot be read, or is of an unknown type. */
  event: InboundEvent | null;
  /** Null when it cannot be read. */
  type: string | null;
  verdict: Verdict;
}

/** Who or what makes a task: `command`, or the flow and its node. */
export function makerOf({ origin }: Pick<CreatedTask, 'origin'>): string {
  return origin ? `flow ${origin.flow}/${origin.node}` : 'command';
}

/** `team:bookings`, or `nobody`. */
export function assigneeText({ assignee }: Pick<Task, 'assignee'>): string {
  return assignee ? `${assignee.kind}:${assignee.id}` : 'nobody';
}
