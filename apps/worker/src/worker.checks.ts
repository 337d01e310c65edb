import { type GroupProgress } from '#libs/messaging';
import { type Check, type Checks, type LastWord, type Stall } from '#libs/observability';
import { type Published } from './log.publisher';

/** All that readiness depends on. */
export interface WorkerState {
  database: LastWord<unknown>;
  broker: LastWord<unknown>;
  groups: GroupProgress[];
  published: Published[];
  stall: Stall | null;
  stalledAfterMs: number;
  /** What ended the consumers, if anything did. */
  failure: Error | null;
}

/** Ready is: all of these. */
export function checksOf(state: WorkerState): Checks {
  return {
    consumers: state.failure ? no(`they have ended: ${state.failure.message}`) : YES,
    database: answered(state.database),
    broker: answered(state.broker),
    assignment: assignment(state.groups),
    relay: relay(state.published),
    progress: progress(state),
  };
}

const YES: Check = { ok: true };
const no = (reason: string): Check => ({ ok: false, reason });

function answered(last: LastWord<unknown>): Check {
  return last.ok ? YES : no(last.reason);
}

/** A member of a group that has more members than partitions has none, and is ready to take over. */
function assignment(groups: readonly GroupProgress[]): Check {
  const missing = groups.find(({ isJoined }) => !isJoined);
  if (!missing) return YES;
  return no(
    missing.isStarted
      ? `it is not a member of group ${missing.groupId} at the moment`
      : `it joins group ${missing.groupId} once the workforce topic has been read to its end`,
  );
}

function relay(published: readonly Published[]): Check {
  const unknown = published.filter(({ position }) => position === null);
  return unknown.length === 0
    ? YES
    : no(`it has not seen the ends of ${unknown.length} of its ${published.length} logs yet`);
}

function progress({ stall, stalledAfterMs }: WorkerState): Check {
  return stall && stall.forMs >= stalledAfterMs ? no(describeStall(stall)) : YES;
}

const NAMED = 5;

export function describeStall({ forMs, names }: Stall): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return (
    `nothing was done of ${names.slice(0, NAMED).join(', ')}${more} for ${Math.round(forMs / 1_000)} s, ` +
    'though there is something to do and database and broker answer'
  );
}
