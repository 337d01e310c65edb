import { type CelContext, celContextOf } from './cel-context';
import { type CompiledField, type CompiledFlow, type CompiledNode } from './compiled-flow';
import {
  type DueLiteral,
  FLOW_LIMITS,
  type FlowAssignee,
  type FlowPriority,
  type FlowTaskType,
} from './flow-definition';
import { EventBudget, type NodeBudget } from './event-budget';
import { inputsOf } from './flow-inputs';
import { type FlowVariables } from './flow-variables';
import { shown } from './json-shape';
import { type Reading } from './task-field';
import { cleanText, cutToBytes, cutToCharacters } from './text';

/** What a flow has to know about the tenant's people and calendars. */
export interface FlowDirectory {
  assigneeExists(assignee: FlowAssignee): boolean;
  resolveDue(due: DueLiteral, from: string): FlowDue | { ok: false; problem: string };
  /** The team that gets tasks whose assignee could not be found, if the tenant's policy names one. */
  defaultTeam: string | null;
}

/** When a task is due, ISO 8601 UTC with milliseconds, and where a calendar gave that, how. */
interface FlowDue {
  ok: true;
  at: string;
  by?: { in: string; calendar: string; from: string };
}

/** A task that a node makes. */
export interface FlowTask {
  type: FlowTaskType;
  priority: FlowPriority;
  title: string;
  description: string | null;
  assignee: FlowAssignee | null;
  /** ISO 8601 UTC with milliseconds. */
  dueAt: string | null;
  dueBy?: FlowDue['by'];
}

/** What became of a node. One that did not match has no task, and is there only when it has a warning. */
export interface NodeResult {
  node: string;
  matched: boolean;
  task?: FlowTask;
  /** The values its expressions and templates looked at, by path. */
  inputs: Record<string, unknown>;
  warnings: string[];
  /** About how many bytes all of it takes. */
  size: number;
}

/**
 * Runs a flow on an event: which tasks it makes, and why they are as they are. Pure: the same flow, variables
 * and directory always give the same results, and nothing in the variables makes it throw or run long.
 * A missing input never loses a task: each field has something that stands in, and a warning says so. Neither does a cost beyond
 * the budget lose one that is due: what can no longer be worked out has its stand-in.
 *
 * @param budget what all flows may cost on this event, one for all of them.
 * @returns one result for each node whose `when` is true or absent, in the flow's order, and one without a task
 * for each node whose `when` could not be evaluated
 */
export function evaluateFlow(
  flow: CompiledFlow,
  variables: FlowVariables,
  directory: FlowDirectory,
  budget: EventBudget = new EventBudget(),
): NodeResult[] {
  const context = celContextOf(variables);
  return flow.nodes.flatMap((node) => {
    const own = budget.node();
    const run = new NodeRun(flow, node, variables, context, directory, own);
    const matched = run.matches();
    if (!matched && run.warnings.length === 0) return [];
    const task = matched ? run.task() : undefined;
    const { inputs, warnings, bytes } = inputsOf(node.paths, variables, own);
    const size = bytes + (task ? task.title.length + (task.description?.length ?? 0) : 0);
    const result = { node: node.id, matched, inputs, warnings: [...run.warnings, ...warnings], size };
    return [task ? { ...result, task } : result];
  });
}

const DAY_MS = 86_400_000;
const UNITS_A_DAY = 10;

/** One node on one event. */
class NodeRun {
  readonly warnings: string[] = [];

  constructor(
    private readonly flow: CompiledFlow,
    private readonly node: CompiledNode,
    private readonly variables: FlowVariables,
    private readonly context: CelContext,
    private readonly directory: FlowDirectory,
    private readonly budget: NodeBudget,
  ) {}

  matches(): boolean {
    if (!this.node.when) return true;
    const result = this.node.when.evaluate(this.context, this.budget);
    if (result.ok && typeof result.value === 'boolean') return result.value;
    const problem = result.ok ? `must be true or false, got ${shown(result.value)}` : result.problem;
    this.warn(`when: ${problem}; taken as false`);
    return false;
  }

  task(): FlowTask {
    const { type, priority, description, assignee, due } = this.node;
    // In this order they are worked out, warned of, and use up what they may cost together.
    const fields: Omit<FlowTask, 'dueAt' | 'dueBy'> = {
      type: this.value(type, accept, { value: 'follow_up', words: 'used "follow_up"' }),
      priority: this.value(priority, accept, { value: 'medium', words: 'used the default "medium"' }),
      title: this.title(),
      description: this.description(
        this.value(description, accept, { value: null, words: 'no description' }),
      ),
      assignee: this.value(assignee, this.existing, this.nobody()),
    };
    const resolved = this.value(due, this.resolved, { value: null, words: 'no due date' });
    return { ...fields, dueAt: resolved?.at ?? null, ...(resolved?.by && { dueBy: resolved.by }) };
  }

  private title(): string {
    const { name } = this.flow.definition;
    const title = this.value<string, string>(this.node.title, filled, {
      value: cleanText(name).trim(),
      words: "used the flow's name",
    });
    const cut = cutToCharacters(title, FLOW_LIMITS.title);
    if (cut !== title) this.warn(`title: cut to ${FLOW_LIMITS.title} characters`);
    return cut;
  }

  private description(text: string | null): string | null {
    const clean = text === null ? '' : cleanText(text);
    if (clean.trim() === '') return null;
    const cut = cutToBytes(clean, FLOW_LIMITS.descriptionBytes);
    if (cut !== clean) this.warn(`description: cut to ${FLOW_LIMITS.descriptionBytes} bytes`);
    return cut;
  }

  private readonly existing = (assignee: FlowAssignee | null): Reading<FlowAssignee | null> =>
    assignee === null || this.directory.assigneeExists(assignee)
      ? { ok: true, value: assignee }
      : { ok: false, problem: `no such ${assignee.kind}: ${assignee.id}` };

  private readonly resolved = (due: DueLiteral | null): Reading<FlowDue | null> => {
    if (due === null) return { ok: true, value: null };
    if ('calendar' in due && this.budget.isSpent)
      return { ok: false, problem: 'the flows together cost too much on this event' };
    const { time } = this.variables.event;
    const resolution = this.directory.resolveDue(due, time);
    if ('calendar' in due) {
      // Working time is walked day by day; for ten years, in vain, where a calendar has hardly any.
      const days = resolution.ok ? (Date.parse(resolution.at) - Date.parse(time)) / DAY_MS : 3_653;
      this.budget.charge(days * UNITS_A_DAY);
    }
    return resolution.ok ? { ok: true, value: resolution } : resolution;
  };

  /** Who gets a task whose assignee cannot be found. */
  private nobody(): LastResort<FlowAssignee | null> {
    const { defaultTeam } = this.directory;
    const team = defaultTeam === null ? null : ({ kind: 'team', id: defaultTeam } as const);
    if (team && this.directory.assigneeExists(team)) {
      return { value: team, words: `used the default team ${shown(team.id)}` };
    }
    return { value: null, words: 'assigned to nobody' };
  }

  /** A field's value: its source's, else its default's, else the last resort; with a warning unless it is the first. */
  private value<T, R>(
    field: CompiledField<T>,
    accepts: (value: T) => Reading<R>,
    lastResort: LastResort<R>,
  ): R {
    const { rule, standIn } = field;
    const first = then(this.sourceValue(field), accepts);
    if (first.ok) return first.value;
    if (standIn) {
      const second = accepts(standIn.value);
      if (second.ok) {
        this.warn(`${rule.name}: ${first.problem}; used the default ${shown(standIn.value)}`);
        return second.value;
      }
      this.warn(`${rule.name}: ${first.problem}; the default: ${second.problem}; ${lastResort.words}`);
    } else {
      this.warn(`${rule.name}: ${first.problem}; ${lastResort.words}`);
    }
    return lastResort.value;
  }

  private sourceValue<T>({ rule, source }: CompiledField<T>): Reading<T> {
    switch (source.kind) {
      case 'literal':
        return { ok: true, value: source.value };
      case 'template':
        return then(source.template.render(this.variables, this.budget), (text) =>
          rule.result(text, this.variables.event.time),
        );
      case 'cel':
        return then(source.expression.evaluate(this.context, this.budget), (value) =>
          rule.result(value, this.variables.event.time),
        );
    }
  }

  private warn(text: string): void {
    this.warnings.push(cutToCharacters(cleanText(text), 500));
  }
}

interface LastResort<R> {
  value: R;
  /** How a warning ends. */
  words: string;
}

function accept<T>(value: T): Reading<T> {
  return { ok: true, value };
}

function filled(title: string): Reading<string> {
  const text = cleanText(title).trim();
  return text === '' ? { ok: false, problem: 'is empty' } : { ok: true, value: text };
}

function then<T, R>(reading: Reading<T>, next: (value: T) => Reading<R>): Reading<R> {
  return reading.ok ? next(reading.value) : reading;
}
