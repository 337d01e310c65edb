import Table from 'cli-table3';
import { type LagReport } from '#libs/observability';
import { grouped } from '../output';

/** The report for people: two tables and a line. */
export function lagTables({ inputs, relay, totals }: LagReport): string {
  const input = table('topic', 'partition', 'committed', 'stored', 'end', 'lag');
  for (const row of inputs) {
    input.push([
      row.topic,
      row.partition,
      shown(row.committed),
      shown(row.stored),
      grouped(row.end),
      grouped(row.lag),
    ]);
  }
  const log = table('log', 'shard', 'head', 'published', 'lag');
  for (const row of relay) {
    log.push([row.topic, row.shard, grouped(row.head), grouped(row.published), grouped(row.lag)]);
  }
  const total = `to read: ${grouped(totals.inputs)}   to publish: ${grouped(totals.relay)}`;
  return [input.toString(), log.toString(), total].join('\n');
}

function table(first: string, ...numbers: string[]): Table.Table {
  return new Table({
    head: [first, ...numbers],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...numbers.map(() => 'right' as const)],
  });
}

const shown = (offset: bigint | null): string => (offset === null ? '-' : grouped(offset));
