import { type DataSource } from 'typeorm';
import { type InputPosition, type InputPositions } from '#libs/processing';
import { inTransaction, queryRows } from './transaction';

/** The topic whose content is kept as `workforce_entry`. */
const WORKFORCE_TOPIC = 'workforce';

/** How far each input partition was read. */
export class InputPositionStore implements InputPositions {
  constructor(private readonly dataSource: DataSource) {}

  /** The position of a partition; null when nothing of it was ever read. */
  async load(topic: string, partition: number): Promise<InputPosition | null> {
    const [found] = await this.#select('where topic = $1 and partition = $2', [topic, partition]);
    return found ?? null;
  }

  async all(): Promise<InputPosition[]> {
    return this.#select('order by topic, partition', []);
  }

  async passOver(topic: string, partition: number, nextOffset: string): Promise<void> {
    // Without a record that was read there is none to compare: whatever is found there later is another one.
    await this.dataSource.query(
      `insert into input_position as known (topic, partition, next_offset, fingerprint) values ($1, $2, $3, 'none')
       on conflict (topic, partition) do update set next_offset = excluded.next_offset, stored_at = now()
         where known.next_offset < excluded.next_offset`,
      [topic, partition, nextOffset],
    );
  }

  /**
   * Forgets the positions of a topic, so that it is read as it is now. For operators, after a topic was made anew; needs the
   * operator's role. Of the workforce's topic also what was read of it is forgotten: offsets begin anew, and whoever the new topic
   * does not have is gone.
   *
   * @returns how many partitions were forgotten.
   */
  async forget(topic: string): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      if (topic === WORKFORCE_TOPIC) {
        await manager.query(`update workforce_entry set body = null, source_offset = -1`);
        await manager.query(`update tenant_revision set workforce = workforce + 1`);
      }
      const result: [unknown[], number] = await manager.query(`delete from input_position where topic = $1`, [
        topic,
      ]);
      return result[1];
    });
  }

  #select(clause: string, parameters: unknown[]): Promise<InputPosition[]> {
    return queryRows(
      this.dataSource,
      `select topic, partition, next_offset as "nextOffset", fingerprint from input_position ${clause}`,
      parameters,
    );
  }
}
