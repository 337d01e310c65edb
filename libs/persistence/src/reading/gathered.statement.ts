import { type Conditional, Conditions } from './keyset';
import { countOfTasks, pageOfTasks, type PageWanted, type Statement } from './page.statement';

/** Tasks that are few enough to be looked at one by one. */
export interface Gathered {
  /** The table, or those of its rows that have a word (ADR 32). */
  among: 'task' | { word: string };
  where: readonly Conditional[];
  /** Those that are still to be looked for. */
  words?: string;
}

/** All that fit, sorted, and of those behind the keyset the first. @returns `ListedRow`s, one more than fit the page. */
export function pageOfGathered(tenantId: string, gathered: Gathered, wanted: PageWanted): Statement {
  const { sorting, descending, after } = wanted;
  const { sql, parameters } = gatheredFrom(tenantId, gathered, [
    `${sorting.rankSql} as rank`,
    '1 as nth',
    `${sorting.value} as value`,
  ]);
  const behind = new Conditions(parameters).after(after, { by: KEYSET, descending });
  return pageOfTasks({ sql: `from (${sql}) found where ${behind.sql}`, parameters }, wanted);
}
const KEYSET = [
  { sql: 'rank', type: 'integer' },
  { sql: 'value', type: 'timestamptz' },
  { sql: 'id', type: 'uuid' },
];

/** @returns one `Counted`. */
export function countOfGathered(tenantId: string, gathered: Gathered, most: number): Statement {
  const { sql, parameters } = gatheredFrom(tenantId, gathered, []);
  return countOfTasks({ sql: `from (${sql}) task`, parameters }, most, gathered.words);
}

function gatheredFrom(tenantId: string, { among, where }: Gathered, columns: readonly string[]): Statement {
  const conditions = new Conditions([tenantId]);
  const isTable = among === 'task';
  if (isTable) conditions.add('task.tenant_id = $1');
  const from = isTable ? 'task' : `tasks_with_word($1, $${conditions.parameters.push(among.word)}) as task`;
  for (const [sql, value] of where) conditions.add(sql, value);
  const { sql, parameters } = conditions;
  return { sql: `select ${['id', ...columns].join(', ')} from ${from} where ${sql}`, parameters };
}
