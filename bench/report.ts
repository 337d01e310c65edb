import { type Answered, type Api } from './api';
import { CONTESTANTS } from './contestants';
import { type Result, targetsOf } from './result';
import { type Spread } from './statistics';
import { type Timers } from './timers';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const precise = (value: number): string => (value < 100 ? value.toPrecision(3) : whole(value));
const range = ({ median, min, max }: Spread): string =>
  max < 100
    ? `${precise(median)} (${precise(min)} – ${precise(max)})`
    : `${whole(median)} (${whole(min)} – ${whole(max)})`;

/** A table in Markdown, which also reads well on a terminal. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}

/** The result for people. */
export function reportOf(result: Result): string {
  const { machine, throughput = {}, mix, duplicates, life, latency, memory, counts, timers, api } = result;
  const parts = [
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}, PostgreSQL ${machine.postgresql}; ` +
      `${machine.durability}; commit ${machine.commit}, ${machine.date}`,
  ];
  const rates: string[][] = Object.entries(throughput).map(([name, { rate, cpuUs }]) => [
    `creations: ${name}`,
    range(rate),
    whole(cpuUs.median),
  ]);
  if (mix) rates.push(['mix: service', range(mix), '']);
  if (duplicates) rates.push(['duplicates: service', range(duplicates), '']);
  for (const [name, { rate, cpuUs }] of Object.entries(life ?? {}))
    rates.push([
      `life: ${name === 'life' ? 'service' : `${name} in turn`}`,
      range(rate),
      whole(cpuUs.median),
    ]);
  if (rates.length > 0) {
    parts.push(table(['events a second, median (min – max)', 'rate', 'µs of its CPU an event'], rates));
  }
  const contestants = CONTESTANTS.map(({ name, how }) => `${name}: ${how}.`).join(' ');
  const fair = Object.entries(throughput).map(([name, { fairness }]) => [
    name,
    Object.entries(fairness.rowsAnEvent)
      .map(([rows, count]) => `${rows} ${count}`)
      .join(', '),
    whole(fairness.databaseBytesAnEvent),
    whole(fairness.activityBytes),
    `${fairness.partitions.input} / ${fairness.partitions.activity}`,
    String(fairness.processes),
  ]);
  if (fair.length > 0)
    parts.push(
      table(
        [
          'what each wrote',
          'rows an event',
          'database bytes an event',
          'bytes an activity',
          'partitions in / out',
          'processes',
        ],
        fair,
      ),
      `All on the same servers: ${machine.durability}, LZ4 where batches are sent. ${contestants}`,
    );
  if (latency) {
    const { commitMs, hopMs, idle, halfLoad } = latency;
    parts.push(
      table(
        ['milliseconds', 'p50', 'p99'],
        [
          ['one commit alone', precise(commitMs), ''],
          ['one Kafka hop alone', precise(hopMs), ''],
          ['produce to readable activity, idle', precise(idle.p50), precise(idle.p99)],
          [`the same at ${whole(halfLoad.rate)} events/s`, precise(halfLoad.p50), precise(halfLoad.p99)],
        ],
      ),
    );
  }
  if (memory)
    parts.push(
      `memory: ${whole(memory.peakMiB)} MiB at most, draining ${whole(memory.events)} events at ${whole(memory.rate)}/s`,
    );
  if (counts)
    parts.push(
      `counts: ${precise(counts.statements)} statements and ${precise(counts.produceRequests)} produce requests an event`,
    );
  if (timers) parts.push(...partsOf(timers));
  if (api) parts.push(apiTable(api));
  const targets = targetsOf(result).map(({ name, value, wanted, reached }) => [
    name,
    precise(value),
    wanted,
    reached ? 'reached' : 'MISSED',
  ]);
  if (targets.length > 0) parts.push(table(['target', 'here', 'wanted', ''], targets));
  return parts.join('\n\n');
}

function partsOf({ openTasks, due, rate, quiet, during, ratio, flaggedAfter, look }: Timers): string[] {
  const row = (name: string, { p50, p99 }: Timers['quiet']): string[] => [name, range(p50), range(p99)];
  return [
    table(
      [`${whole(rate)} events/s beside ${whole(openTasks)} open tasks, milliseconds`, 'p50', 'p99'],
      [row('nothing due', quiet), row(`from when ${whole(due)} are due until all are flagged`, during)],
    ),
    `timers: all flagged after ${range(flaggedAfter)} s, p99 meanwhile ${range(ratio)} times the quiet one; ` +
      `a look when nothing is due takes 1 statement, ${whole(look.pages)} pages, ${precise(look.ms)} ms`,
  ];
}

function apiTable({ tasks, lists, writes }: Api): string {
  const row = (name: string, { count, p50, p95, p99, max }: Answered): string[] => [
    ...[name, whole(count)],
    ...[p50, p95, p99, max].map(precise),
  ];
  const rows = (name: string, { rate, stream, quiet, all, kinds }: Api['lists']): string[][] => [
    row(`${name}, ${rate} a second, alone`, quiet),
    row(`${name}, ${rate} a second, beside ${whole(stream)} creations/s`, all),
    ...Object.entries(kinds).map(([kind, own]) => row(`— ${kind}`, own)),
  ];
  return table(
    [
      `over HTTP, ${whole(tasks)} tasks in three tenants, milliseconds`,
      'requests',
      'p50',
      'p95',
      'p99',
      'most',
    ],
    [...rows('lists', lists), ...rows('commands', writes)],
  );
}

/** Two results beside each other: a difference inside the spread of either is none. */
export function comparisonOf(before: Result, after: Result): string {
  const spreads = (result: Result): Record<string, Spread> => ({
    ...Object.fromEntries(
      Object.entries(result.throughput ?? {}).flatMap(([name, { rate, cpuUs }]) => [
        [`creations: ${name}, events/s`, rate],
        [`creations: ${name}, µs of CPU`, cpuUs],
      ]),
    ),
    ...(result.mix && { 'mix, events/s': result.mix }),
    ...(result.duplicates && { 'duplicates, events/s': result.duplicates }),
    ...(result.life && {
      'life, events/s': result.life.life.rate,
      'life, µs of CPU': result.life.life.cpuUs,
    }),
  });
  const [old, now] = [spreads(before), spreads(after)];
  const rows = Object.keys(old)
    .filter((name) => name in now)
    .map((name) => {
      const [a, b] = [old[name]!, now[name]!];
      const apart = a.max < b.min || b.max < a.min;
      return [
        name,
        range(a),
        range(b),
        (b.median / a.median).toFixed(2),
        apart ? 'yes' : 'within the spread',
      ];
    });
  return table(['', before.machine.commit, after.machine.commit, 'ratio', 'different'], rows);
}
