import { type EntityManager } from 'typeorm';
import { type InputPosition } from '#libs/processing';
import { type ColumnOf, insertRows, overwrite } from './rows';

const COLUMNS: ColumnOf<InputPosition>[] = [
  ['topic', 'text', ({ topic }) => topic],
  ['partition', 'integer', ({ partition }) => partition],
  ['next_offset', 'bigint', ({ nextOffset }) => nextOffset],
  ['fingerprint', 'text', ({ fingerprint }) => fingerprint],
];
const OVERWRITE = `${overwrite(['topic', 'partition'], COLUMNS)}, stored_at = now()`;

/** Stores how far partitions, each named once, were read; also lower than before, when an operator rewound one. */
export async function writePositions(
  manager: EntityManager,
  positions: readonly InputPosition[],
): Promise<void> {
  await insertRows(manager, 'input_position', COLUMNS, positions, OVERWRITE);
}
