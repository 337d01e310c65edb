/** Why a flow cannot be saved, and where: `nodes[0].task.due.cel`. The path is empty for the whole. */
export interface FlowProblem {
  path: string;
  message: string;
}

/** Gathers problems, so that somebody who saves a flow is told all of them at once. */
export class ProblemList {
  readonly problems: FlowProblem[] = [];

  add(path: string, message: string): void {
    this.problems.push({ path, message });
  }

  /** Adds a problem unless there is none to add. */
  addIf(path: string, message: string | null): void {
    if (message !== null) this.add(path, message);
  }
}
