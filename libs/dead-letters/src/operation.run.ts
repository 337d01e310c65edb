import { Interrupted, type Patience, waitOutOutages } from '#libs/processing';

/** Who does what, and why. */
export interface OperationStart {
  startedBy: string;
  reason: string | null;
  /** What was asked for; no content of a letter. */
  parameters: Record<string, unknown>;
}

/** Port: the audit of what operators do. */
export interface Operations {
  begin(start: OperationStart & { kind: 'redrive' | 'discard'; progress: unknown }): Promise<string>;
  /** @returns what is asked of this process meanwhile. */
  report(id: string, progress: unknown): Promise<'pause' | 'abort' | null>;
  leave(id: string, status: 'done' | 'aborted' | 'failed', progress: unknown): Promise<void>;
}

/** How an operation ended. `aborted`: it was told to stop; what it had done by then is done. */
export interface OperationEnd {
  operationId: string;
  status: 'done' | 'aborted';
}

/** An operation under way, for the one who does its work. */
export interface RunningOperation {
  id: string;
  /** Writes down how far it got, now and then. @returns whether to go on. */
  goesOn(): Promise<boolean>;
}

/** Often enough not to count as silent. */
const REPORT_EVERY_MS = 5_000;

/**
 * Does an operator's work under audit: that it began, how far it got, and how it ended.
 *
 * @param progress read whenever it is written down.
 */
export async function runOperation(
  operations: Operations,
  start: OperationStart & { kind: 'redrive' | 'discard' },
  progress: () => unknown,
  patience: Patience,
  work: (operation: RunningOperation) => Promise<void>,
): Promise<OperationEnd> {
  const id = await operations.begin({ ...start, progress: progress() });
  let reportedAt = Date.now();
  let aborted = false;
  const goesOn = async (): Promise<boolean> => {
    if (Date.now() - reportedAt >= REPORT_EVERY_MS) {
      reportedAt = Date.now();
      aborted ||= (await waitOutOutages(() => operations.report(id, progress()), patience)) === 'abort';
    }
    aborted ||= !patience.isRunning();
    return !aborted;
  };
  try {
    await work({ id, goesOn });
  } catch (error) {
    aborted = error instanceof Interrupted;
    // With the database away there is nothing to write it down in: it will be seen as silent.
    await operations.leave(id, aborted ? 'aborted' : 'failed', progress()).catch(() => undefined);
    if (aborted) return { operationId: id, status: 'aborted' };
    throw error;
  }
  const status = aborted ? 'aborted' : 'done';
  await waitOutOutages(() => operations.leave(id, status, progress()), patience);
  return { operationId: id, status };
}
