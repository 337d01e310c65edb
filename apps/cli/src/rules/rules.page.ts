import {
  changeRules,
  DUE_SOON_BEFORE,
  PERMISSIONS,
  type Relation,
  RELATIONS,
  type Status,
  STATUSES,
  TIMER_KINDS,
  TIMER_RULES,
  TRANSITIONS,
  type Verb,
} from '#libs/domain';

/** The rules of a task's life, as data. */
export function rules() {
  return {
    transitions: TRANSITIONS,
    permissions: PERMISSIONS,
    relations: Object.fromEntries(Object.entries(RELATIONS).map(([name, { says }]) => [name, says])),
    rules: changeRules.map(({ says, otherwise }) => ({ says, otherwise })),
    timers: TIMER_RULES,
    dueSoonBefore: DUE_SOON_BEFORE,
  };
}

const HEAD = `# The rules of a task's life

Made from the code by \`npm run docs:rules\`; a test fails when it is out of date. \`npm run cli -- rules\` prints the same.
`;

const verbs = Object.keys(TRANSITIONS) as Verb[];

/** `docs/rules.md`, and what the command prints. */
export function rulesPage(): string {
  return [
    HEAD,
    '## From which status, to which\n',
    table(
      ['command', ...STATUSES.map(code)],
      verbs.map((verb) => [code(`task.${verb}.v1`), ...STATUSES.map((status) => transition(verb, status))]),
    ),
    'A dash is refused as `illegal_transition`.\n',
    '## What must hold, in the order it is asked\n',
    'The first that does not is the answer. A task that is not there, or is another conversation’s, is `task_not_found` before all of it.\n',
    table(
      ['rule', 'otherwise'],
      changeRules.map(({ says, otherwise }) => [says, code(otherwise)]),
    ),
    '## Who may do what\n',
    'One of these is enough.\n',
    table(
      ['', ...verbs],
      (Object.keys(RELATIONS) as Relation[]).map((relation) => [
        RELATIONS[relation].says,
        ...verbs.map((verb) => (PERMISSIONS[verb].includes(relation) ? 'yes' : '')),
      ]),
    ),
    '## What time does\n',
    'Of a task that has not ended; the due date’s once for each date that is set, however late, and not `due_soon` after `overdue`.\n',
    table(
      ['timer', 'when', 'what happens'],
      TIMER_KINDS.map((kind) => [code(kind), TIMER_RULES[kind].when, TIMER_RULES[kind].does]),
    ),
    `Where no policy says how long before: ${Object.entries(DUE_SOON_BEFORE)
      .map(([priority, before]) => `${code(before)} for ${code(priority)}`)
      .join(', ')}.\n`,
  ].join('\n');
}

function transition(verb: Verb, status: Status): string {
  const to = TRANSITIONS[verb][status];
  if (!to) return '—';
  return to === status ? 'stays' : `→ ${code(to)}`;
}

const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
