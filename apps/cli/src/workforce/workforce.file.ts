import { validatorFor, type WorkforceEventType } from '#libs/contracts';
import { checkCalendar } from '#libs/domain';
import { type WorkforceItem } from '#libs/workforce';
import { CliError } from '../cli.error';

/** In the order in which they are published: what others name comes first. */
const SECTIONS = [
  ['calendars', 'calendar'],
  ['teams', 'team'],
  ['agents', 'agent'],
  ['policies', 'policy'],
] as const;

/**
 * Checks `{calendars, teams, agents, policies}`, each a list that may be absent.
 *
 * @throws CliError with every problem and its field.
 */
export function checkWorkforce(content: unknown): WorkforceItem[] {
  if (!isRecord(content)) throw refused(['it must be an object {"calendars","teams","agents","policies"}']);
  const names = SECTIONS.map(([section]) => section as string);
  const problems = Object.keys(content)
    .filter((name) => !names.includes(name))
    .map((name) => `${name}: is not known; known are ${names.join(', ')}`);
  const items = SECTIONS.flatMap(([section, kind]) => {
    const list = content[section] ?? [];
    if (!Array.isArray(list)) problems.push(`${section}: must be a list`);
    return Array.isArray(list) ? checkSection(section, kind, list, problems) : [];
  });
  if (problems.length > 0) throw refused(problems);
  return items;
}

function checkSection(
  section: string,
  kind: WorkforceItem['kind'],
  list: readonly unknown[],
  problems: string[],
): WorkforceItem[] {
  const type = `workforce.${kind}.v1` as const;
  const ids = new Set<string>();
  return list.map((body, i) => {
    const at = `${section}[${i}]`;
    problems.push(...problemsOf(kind, type, body).map((problem) => at + problem));
    const data = body as WorkforceItem['data'];
    const id = isRecord(body) ? String(body.id) : '';
    if (ids.has(id)) problems.push(`${at}.id is there twice: ${id}`);
    ids.add(id);
    return { kind, type, data };
  });
}

/** What is wrong with one item, beginning with the field: `.hours.mon[0]: is empty …`. */
function problemsOf(kind: WorkforceItem['kind'], type: WorkforceEventType, body: unknown): string[] {
  const ofContract = validatorFor(type)(body).map(({ message }) => message.slice('data'.length));
  const ofCalendar =
    kind === 'calendar' && isRecord(body) ? checkCalendar(body).map((problem) => `.${problem}`) : [];
  if (ofCalendar.length === 0) return ofContract;
  // Both know calendars; the domain says exactly which interval is wrong.
  return [...ofContract.filter((problem) => !/^\.(timezone|hours|holidays)/.test(problem)), ...ofCalendar];
}

function refused(problems: readonly string[]): CliError {
  return new CliError(`nothing was published:\n  ${problems.join('\n  ')}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
