import { type Assignee, type Channel, type Priority } from '#libs/domain';
import { type NodeResult } from '#libs/flows';

/** How many assignees are named; a tenant may have thousands of people. */
const MOST_ASSIGNEES = 100;

/** What a version of a flow makes of the outcomes that were looked at. */
export interface MadeTasks {
  tasks: number;
  byPriority: Record<Priority, number>;
  byChannel: Record<Channel, number>;
  /** Those with the most tasks first, at most 100; nobody is null. */
  byAssignee: { assignee: Assignee | null; tasks: number }[];
  /** Tasks of assignees that are not named. */
  otherAssignees: number;
  warnings: number;
}

/** Counts what a version makes. It grows with the tenant's people only. */
export class MadeTally {
  #tasks = 0;
  #warnings = 0;
  readonly #byPriority: MadeTasks['byPriority'] = { low: 0, medium: 0, high: 0, critical: 0 };
  readonly #byChannel: MadeTasks['byChannel'] = { call: 0, message: 0, whatsapp: 0 };
  readonly #byAssignee = new Map<string, { assignee: Assignee | null; tasks: number }>();

  get tasks(): number {
    return this.#tasks;
  }

  add(channel: Channel, { task, warnings }: NodeResult): void {
    this.#warnings += warnings.length;
    if (!task) return;
    this.#tasks += 1;
    this.#byPriority[task.priority] += 1;
    this.#byChannel[channel] += 1;
    const key = keyOf(task.assignee);
    const known = this.#byAssignee.get(key) ?? { assignee: task.assignee, tasks: 0 };
    known.tasks += 1;
    this.#byAssignee.set(key, known);
  }

  get made(): MadeTasks {
    const assignees = [...this.#byAssignee.values()].sort(
      (a, b) => b.tasks - a.tasks || (keyOf(a.assignee) < keyOf(b.assignee) ? -1 : 1),
    );
    const others = assignees.slice(MOST_ASSIGNEES);
    return {
      tasks: this.#tasks,
      byPriority: { ...this.#byPriority },
      byChannel: { ...this.#byChannel },
      byAssignee: assignees.slice(0, MOST_ASSIGNEES),
      otherAssignees: others.reduce((sum, { tasks }) => sum + tasks, 0),
      warnings: this.#warnings,
    };
  }
}

const keyOf = (assignee: Assignee | null): string => (assignee ? `${assignee.kind}:${assignee.id}` : '');
