import { type Instant } from '#libs/domain';
import { type NodeResult } from '#libs/flows';
import { FlowUnreadable } from '../tenant-directory';
import { type DryRunSample, DryRunSamples } from './dry-run.samples';
import { type MadeTasks, MadeTally } from './made.tally';
import { COMPARED_FIELDS, COMPARISONS, compareNodes, type ComparedField } from './node.comparison';
import { type PlacedDraft } from './placed-draft';
import { type StoredOutcome } from './stored-outcome';

/** What a draft would do, beside what the live version does. */
export interface DryRunResult {
  flowId: string;
  /** How many were looked at, the latest first. */
  outcomes: number;
  /** When the earliest and the latest of them happened. */
  from: Instant | null;
  to: Instant | null;
  /** Which bound ended it before all were looked at. */
  cutShortBy: 'limit' | 'time' | null;
  draft: MadeTasks;
  /** Null where there is no such flow yet. */
  live: (MadeTasks & { version: number; problem: string | null }) | null;
  difference: {
    onlyDraft: number;
    onlyLive: number;
    changed: number;
    same: number;
    /** In how many of the changed ones each field differs; those that do in none are left out. */
    changedFields: { field: ComparedField; tasks: number }[];
  };
  samples: DryRunSample[];
}

/** Gathers what a dry run finds: counts, and a few samples. */
export class DryRunReport {
  readonly #draft = new MadeTally();
  readonly #live = new MadeTally();
  readonly #kinds = { only_draft: 0, only_live: 0, changed: 0, same: 0, no_task: 0 };
  readonly #fields = new Map<ComparedField, number>();
  readonly #samples: DryRunSamples;
  #outcomes = 0;
  #from: Instant | null = null;
  #to: Instant | null = null;

  /** @param samples how many of each kind are kept. */
  constructor(
    private readonly placed: PlacedDraft,
    samples: number,
  ) {
    this.#samples = new DryRunSamples(placed.draft.definition.id, samples);
  }

  get outcomes(): number {
    return this.#outcomes;
  }

  /** That the draft would create. */
  get tasks(): number {
    return this.#draft.tasks;
  }

  add(outcome: StoredOutcome, draft: readonly NodeResult[], live: readonly NodeResult[]): void {
    const { channel, time } = outcome.event;
    this.#outcomes += 1;
    this.#from = time;
    this.#to ??= time;
    for (const result of draft) this.#draft.add(channel, result);
    for (const result of live) this.#live.add(channel, result);
    for (const comparison of compareNodes(draft, live)) {
      this.#kinds[comparison.kind] += 1;
      for (const field of comparison.fields) this.#fields.set(field, (this.#fields.get(field) ?? 0) + 1);
      this.#samples.add(outcome, comparison);
    }
  }

  result(cutShortBy: DryRunResult['cutShortBy']): DryRunResult {
    const { live, draft } = this.placed;
    const { only_draft: onlyDraft, only_live: onlyLive, changed, same } = this.#kinds;
    const fields = COMPARED_FIELDS.map((field) => ({ field, tasks: this.#fields.get(field) ?? 0 }));
    return {
      flowId: draft.definition.id,
      outcomes: this.#outcomes,
      ...{ from: this.#from, to: this.#to, cutShortBy },
      draft: this.#draft.made,
      live: live && {
        version: live.version,
        problem: live.flow instanceof FlowUnreadable ? live.flow.message : null,
        ...this.#live.made,
      },
      difference: {
        ...{ onlyDraft, onlyLive, changed, same },
        changedFields: fields.filter(({ tasks }) => tasks > 0),
      },
      samples: this.#samples.all(COMPARISONS),
    };
  }
}
