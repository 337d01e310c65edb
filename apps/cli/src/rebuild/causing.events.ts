import { type Activity, type Cause, identityKey } from '#libs/domain';
import { type RebuiltIdentity } from '#libs/persistence';

type Caused = Activity & { recordedAt: string };

/**
 * Tells the events that caused a shard's activities, one after the other: what one event led to stands together in the log, since
 * it was written in one transaction.
 */
export class CausingEvents {
  #caused: Caused[] = [];

  /** @returns the event before, once the activity is another's. */
  next(activity: Activity, recordedAt: string): RebuiltIdentity | null {
    const [first] = this.#caused;
    const isNext = first && causeKey(first) !== causeKey(activity);
    const before = isNext ? this.last() : null;
    this.#caused.push({ ...activity, recordedAt });
    return before;
  }

  /** The event of the last activities; null when there were none. */
  last(): RebuiltIdentity | null {
    const [first] = this.#caused;
    if (!first) return null;
    const { tenantId, conversationId, cause, recordedAt } = first;
    const type = causingType(this.#caused);
    const { taskId, sequence: version } = this.#caused.at(-1)!;
    this.#caused = [];
    const identity = { tenantId, source: cause.source, id: cause.id };
    const answer = { taskId, version };
    return {
      ...identity,
      type,
      became: 'applied',
      payloadHash: null,
      conversationId,
      cause,
      answer,
      recordedAt,
    };
  }
}

/** The type of the event that led to these activities; where more than one could have, that of its first activity. */
export function causingType(activities: readonly Pick<Activity, 'type' | 'changes' | 'flow'>[]): string {
  const { flow } = activities[0]!;
  const [{ type: first }] = activities as [Activity];
  if (flow) return 'conversation.outcome.v1';
  const fields = new Map(
    activities.flatMap(({ changes }) => changes).map(({ field, from, to }) => [field, { from, to }]),
  );
  const status = fields.get('status');
  switch (first) {
    case 'task.created.v1':
      return 'task.create.v1';
    case 'task.commented.v1':
      return 'task.comment.v1';
    case 'task.priority_changed.v1':
    case 'task.due_date_changed.v1':
    case 'task.details_changed.v1':
      return 'task.update.v1';
    default:
      return status ? typeOfTransition(status) : (typeOfAssignment(fields) ?? first);
  }
}

/** What starts or resolves a task may claim it first; each way from one status to another has one command. */
function typeOfTransition({ from, to }: { from: unknown; to: unknown }): string {
  switch (to) {
    case 'in_progress':
      return 'task.start.v1';
    case 'resolved':
      return 'task.resolve.v1';
    case 'cancelled':
      return 'task.cancel.v1';
    default:
      return from === 'in_progress' ? 'task.release.v1' : 'task.reopen.v1';
  }
}

/** A claim that is gone may have been given back, or cleared by an assignment to the same; who takes what nobody has may have claimed it or been given it. */
function typeOfAssignment(fields: ReadonlyMap<string, { from: unknown; to: unknown }>): string | null {
  const [assignee, claim] = [fields.get('assignee'), fields.get('claimedBy')];
  if (!assignee) return claim && claim.to !== null ? 'task.claim.v1' : null;
  const isTaken = assignee.from === null && (assignee.to as { kind: string } | null)?.kind === 'agent';
  return isTaken ? null : 'task.assign.v1';
}

const causeKey = ({ tenantId, cause }: { tenantId: string; cause: Cause }): string =>
  identityKey({ tenantId, source: cause.source, id: cause.id });
