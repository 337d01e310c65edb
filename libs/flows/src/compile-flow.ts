import { type CelExpression, compileCel } from './cel-expression';
import { type CompiledField, type CompiledFlow, type CompiledNode, type FieldSource } from './compiled-flow';
import { FLOW_CHANNELS, FLOW_EVENT_TYPES, FLOW_LIMITS, type FlowDefinition } from './flow-definition';
import { type FlowProblem, ProblemList } from './flow-problem';
import { pathText, type VariablePath } from './flow-variables';
import { checkId, checkText, checkWord, isRecord, recordOf, shown } from './json-shape';
import {
  assigneeRule,
  descriptionRule,
  dueRule,
  type FieldRule,
  mustBe,
  priorityRule,
  titleRule,
  typeRule,
} from './task-field';
import { compileTemplate } from './text-template';

/**
 * Makes a flow ready to run, or says everything that is wrong with it: its shape, unknown fields (a misspelt one
 * would otherwise do nothing, in silence), syntax, types and names, and values that can never be right.
 * Whether its teams, agents and calendars exist is not looked at: they come and go.
 *
 * @param definition what was sent, of any shape
 */
export function compileFlow(
  definition: unknown,
): { ok: true; flow: CompiledFlow } | { ok: false; problems: FlowProblem[] } {
  const list = new ProblemList();
  const nodes = readFlow(definition, list);
  if (list.problems.length > 0) return { ok: false, problems: list.problems };
  const own = JSON.parse(JSON.stringify(definition)) as FlowDefinition;
  const { type, channels } = own.on;
  const matches = (eventType: string, channel: string) =>
    eventType === type && (channels === undefined || (channels as string[]).includes(channel));
  return { ok: true, flow: { definition: own, matches, nodes } };
}

function readFlow(definition: unknown, list: ProblemList): CompiledNode[] {
  const flow = recordOf(definition, '', ['id', 'name', 'on', 'nodes'], list);
  if (!flow) return [];
  list.addIf('id', checkId(flow.id));
  list.addIf('name', checkText(flow.name, FLOW_LIMITS.title));
  readTrigger(flow.on, list);
  if (!Array.isArray(flow.nodes) || flow.nodes.length === 0 || flow.nodes.length > FLOW_LIMITS.nodes) {
    list.add('nodes', `must be a list of 1 to ${FLOW_LIMITS.nodes} nodes`);
    return [];
  }
  const ids = new Set<unknown>();
  return flow.nodes.flatMap((node: unknown, i) => {
    const path = `nodes[${i}]`;
    const compiled = readNode(node, path, list);
    const id = isRecord(node) ? node.id : undefined;
    if (id !== undefined && ids.has(id)) list.add(`${path}.id`, `is the id of another node: ${shown(id)}`);
    ids.add(id);
    return compiled ? [compiled] : [];
  });
}

function readTrigger(value: unknown, list: ProblemList): void {
  const on = recordOf(value, 'on', ['type', 'channels'], list);
  if (!on) return;
  list.addIf('on.type', checkWord(on.type, FLOW_EVENT_TYPES));
  if (on.channels === undefined) return;
  if (!Array.isArray(on.channels) || on.channels.length === 0) {
    list.add('on.channels', `must be a list of ${FLOW_CHANNELS.join(', ')}, or left out for all`);
    return;
  }
  on.channels.forEach((channel, i) => list.addIf(`on.channels[${i}]`, checkWord(channel, FLOW_CHANNELS)));
  if (new Set(on.channels).size < on.channels.length) list.add('on.channels', 'names a channel twice');
}

function readNode(value: unknown, path: string, list: ProblemList): CompiledNode | null {
  const node = recordOf(value, path, ['id', 'kind', 'when', 'task'], list);
  if (!node) return null;
  list.addIf(`${path}.id`, checkId(node.id));
  list.addIf(`${path}.kind`, checkWord(node.kind, ['create_task']));
  const when = node.when === undefined ? null : readWhen(node.when, `${path}.when`, list);
  const taskPath = `${path}.task`;
  const task = recordOf(
    node.task,
    taskPath,
    ['type', 'title', 'description', 'priority', 'assignee', 'due'],
    list,
  );
  if (!task) return null;
  const fields = {
    type: readField(task.type, typeRule, taskPath, list),
    priority: readField(task.priority === undefined ? 'medium' : task.priority, priorityRule, taskPath, list),
    title: readText(task.title, titleRule, taskPath, list),
    description: readText(task.description ?? null, descriptionRule, taskPath, list),
    assignee: readField(task.assignee ?? null, assigneeRule, taskPath, list),
    due: readField(task.due ?? null, dueRule, taskPath, list),
  };
  if (list.problems.length > 0) return null;
  const compiled = fields as { [K in keyof typeof fields]: NonNullable<(typeof fields)[K]> };
  return { id: node.id as string, when, ...compiled, paths: pathsOf(when, Object.values(compiled)) };
}

function readWhen(value: unknown, path: string, list: ProblemList): CelExpression | null {
  const compiled = compileCel(value);
  if (!compiled.ok) {
    list.add(path, compiled.problem);
    return null;
  }
  for (const result of compiled.expression.results)
    list.addIf(path, mustBe(result, ['bool'], 'true or false'));
  return compiled.expression;
}

/** A field that is a literal or an expression. */
function readField<T>(
  value: unknown,
  rule: FieldRule<T>,
  taskPath: string,
  list: ProblemList,
): CompiledField<T> | null {
  const path = `${taskPath}.${rule.name}`;
  if (isRecord(value) && 'cel' in value) return readComputed(value, rule, path, list);
  const literal = rule.literal(value);
  if (literal.ok) return { rule, source: { kind: 'literal', value: literal.value } };
  list.add(path, literal.problem);
  return null;
}

/** A field whose literal is a template. */
function readText<T extends string | null>(
  value: unknown,
  rule: FieldRule<T>,
  taskPath: string,
  list: ProblemList,
): CompiledField<T> | null {
  if (typeof value !== 'string') return readField(value, rule, taskPath, list);
  const path = `${taskPath}.${rule.name}`;
  const compiled = compileTemplate(value);
  if (!compiled.ok) {
    list.add(path, compiled.problem);
    return null;
  }
  // Without a tag or an output it is what it says, so its length is known.
  if (!/\{[{%]/.test(value)) return readField(value, rule, taskPath, list);
  return { rule, source: { kind: 'template', template: compiled.template } };
}

function readComputed<T>(
  value: Record<string, unknown>,
  rule: FieldRule<T>,
  path: string,
  list: ProblemList,
): CompiledField<T> | null {
  recordOf(value, path, ['cel', 'default'], list);
  const before = list.problems.length;
  const compiled = compileCel(value.cel);
  if (!compiled.ok) {
    list.add(`${path}.cel`, compiled.problem);
  } else {
    for (const result of compiled.expression.results) list.addIf(`${path}.cel`, rule.possible(result));
  }
  const standIn = value.default === undefined ? undefined : rule.literal(value.default);
  if (standIn && !standIn.ok) list.add(`${path}.default`, standIn.problem);
  if (!compiled.ok || (standIn && !standIn.ok) || list.problems.length > before) return null;
  return { rule, source: { kind: 'cel', expression: compiled.expression }, standIn };
}

function pathsOf(when: CelExpression | null, fields: readonly CompiledField<unknown>[]): VariablePath[] {
  const all = [...(when?.paths ?? []), ...fields.flatMap(({ source }) => pathsOfSource(source))];
  return [...new Map(all.map((path) => [pathText(path), path])).values()];
}

function pathsOfSource(source: FieldSource<unknown>): readonly VariablePath[] {
  switch (source.kind) {
    case 'literal':
      return [];
    case 'template':
      return source.template.paths;
    case 'cel':
      return source.expression.paths;
  }
}
