import { type OnModuleDestroy } from '@nestjs/common';
import { type CompiledFlow } from '#libs/flows';
import { type OutcomeReader, type TenantReader } from '#libs/persistence';
import {
  dryRun,
  type DryRunBounds,
  type DryRunResult,
  type DryRunWatch,
  placeDraft,
  type TenantDirectory,
} from '#libs/processing';
import { problem } from '../http/problem';
import { tooMany } from './flow.draft';

/** Dry runs of this process at a time: each takes what CPU it gets, and all requests wait for one another's turns. */
const MOST = 4;

/** The dry runs of this process: one a tenant at a time, and few together. */
export class DryRuns implements OnModuleDestroy {
  readonly #running = new Set<string>();
  readonly #stopping = new AbortController();

  constructor(
    private readonly tenants: TenantReader,
    private readonly outcomes: OutcomeReader,
    private readonly directory: TenantDirectory,
  ) {}

  /**
   * @throws RequestProblem `invalid_flow` for a draft that could not be saved, `too_many_requests` while another of the tenant's runs,
   * `unavailable` when this process ends; StoreOutage; the signal's reason once it is aborted.
   */
  async run(
    tenantId: string,
    draft: CompiledFlow,
    bounds: DryRunBounds,
    { onProgress, signal }: DryRunWatch,
  ): Promise<DryRunResult> {
    this.#begin(tenantId);
    try {
      const placing = await placeDraft(tenantId, draft, this.tenants, this.directory);
      if (!placing.ok) throw tooMany(placing.problem);
      const either = AbortSignal.any([signal, this.#stopping.signal]);
      return await dryRun(placing.placed, this.outcomes, bounds, { onProgress, signal: either });
    } finally {
      this.#running.delete(tenantId);
    }
  }

  onModuleDestroy(): void {
    this.#stopping.abort(problem('unavailable', 'this process ends: try again', { retryAfter: 1 }));
  }

  #begin(tenantId: string): void {
    if (this.#running.has(tenantId))
      throw problem('too_many_requests', 'another dry run of this tenant is under way', { retryAfter: 5 });
    if (this.#running.size >= MOST)
      throw problem('too_many_requests', 'other dry runs are under way', { retryAfter: 5 });
    this.#running.add(tenantId);
  }
}
