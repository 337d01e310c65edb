import { type Conversation, type Instant } from '#libs/domain';
import { type CompiledFlow, EventBudget, evaluateFlow, type NodeResult } from '#libs/flows';
import { variablesOf } from '../flow-tasks';
import { FlowUnreadable } from '../tenant-directory';
import { DryRunReport, type DryRunResult } from './dry-run.report';
import { type PlacedDraft } from './placed-draft';
import { type OutcomeSource, type StoredOutcome } from './stored-outcome';

export interface DryRunBounds {
  /** Only outcomes that happened then or later; null for all there are. */
  since: Instant | null;
  /** How many are looked at, at most. */
  limit: number;
  /** How long it may take. */
  seconds: number;
  /** Samples of each kind. */
  samples: number;
}

export interface DryRunProgress {
  /** Looked at so far. */
  outcomes: number;
  /** To be looked at. */
  of: number;
  /** That the draft would create, so far. */
  tasks: number;
}

/** Whoever waits for it. */
export interface DryRunWatch {
  onProgress(progress: DryRunProgress): void;
  /** When it is aborted, nobody waits any more. */
  signal: AbortSignal;
}

/** Others get their turn after so long; an evaluation between two turns takes some 40 ms at worst. */
const TURN_MS = 5;
const PROGRESS_MS = 200;

/**
 * Tries a draft, and the live version of the same flow beside it, on stored outcomes, the latest first: with the code, the budgets,
 * the people and the clock (the event's) that decide when an outcome is applied. Writes nothing, and keeps counts and samples only.
 *
 * @param clock milliseconds, for the limit on time alone.
 * @throws StoreOutage; the signal's reason once it is aborted.
 */
export async function dryRun(
  placed: PlacedDraft,
  source: OutcomeSource,
  { since, limit, seconds, samples }: DryRunBounds,
  { onProgress, signal }: DryRunWatch,
  clock: () => number = () => performance.now(),
): Promise<DryRunResult> {
  const until = clock() + seconds * 1_000;
  const report = new DryRunReport(placed, samples);
  const found = await source.count(placed.tenantId, since, limit + 1);
  const of = Math.min(found, limit);
  const say = (): void => onProgress({ outcomes: report.outcomes, of, tasks: report.tasks });
  say();
  let saidAt = clock();
  if (of === 0) return report.result(null);
  const turns = new Turns(clock);
  for await (const outcome of source.latestFirst(placed.tenantId, since)) {
    signal.throwIfAborted();
    const now = clock();
    if (now >= until) return report.result('time');
    if (now - saidAt >= PROGRESS_MS) {
      saidAt = now;
      say();
    }
    const { draft, live } = await evaluate(placed, outcome, turns);
    report.add(outcome, draft, live);
    if (report.outcomes >= of) break;
  }
  return report.result(found > limit ? 'limit' : null);
}

/** What both versions make of an outcome, each with what the flows before it leave of the budget. */
async function evaluate(
  { draft, live, before, tenant }: PlacedDraft,
  { event, conversation }: StoredOutcome,
  turns: Turns,
): Promise<{ draft: NodeResult[]; live: NodeResult[] }> {
  const variables = variablesOf(event, knownAt(conversation, event.time));
  const budget = new EventBudget();
  const run = async (flow: CompiledFlow, own: EventBudget): Promise<NodeResult[]> => {
    await turns.give();
    return flow.matches(event.body.type, event.channel) ? evaluateFlow(flow, variables, tenant, own) : [];
  };
  for (const flow of before) await run(flow, budget);
  const left = budget.copy();
  return {
    draft: await run(draft, budget),
    live: live && !(live.flow instanceof FlowUnreadable) ? await run(live.flow, left) : [],
  };
}

/** A conversation without what happened later than the event: an end that was yet to come. */
function knownAt(conversation: Conversation, time: Instant): Conversation {
  const { endedAt } = conversation;
  return endedAt !== null && endedAt > time
    ? { ...conversation, endedAt: null, endReason: null }
    : conversation;
}

/** Lets whatever else the process has to do come between. */
class Turns {
  #since: number;

  constructor(private readonly clock: () => number) {
    this.#since = clock();
  }

  async give(): Promise<void> {
    if (this.clock() - this.#since < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = this.clock();
  }
}
