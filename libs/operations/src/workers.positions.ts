import { type DataSource } from 'typeorm';
import { InputPositionStore } from '#libs/persistence';
import { type RawRecord } from '#libs/processing';
import { type InputRange } from './replay.operation';

/** How far workers have read the input, as they stood when this was called. */
export async function workersPositions(db: DataSource): Promise<WorkersPositions> {
  const positions = await new InputPositionStore(db).all();
  return new WorkersPositions(
    new Map(positions.map((each) => [`${each.topic}/${each.partition}`, BigInt(each.nextOffset)])),
  );
}

export class WorkersPositions {
  constructor(private readonly next: ReadonlyMap<string, bigint>) {}

  /** Whether a record is one that workers have yet to read. */
  readonly isUnread = ({ topic, partition, offset }: RawRecord): boolean =>
    BigInt(offset) >= this.#nextOf(topic, partition);

  /**
   * Ranges without what workers have yet to read. To apply that before what comes before it would be another order than the
   * conversation's (invariant 4): a task would be started before it was created.
   *
   * @returns them, and how many records are left to the workers.
   */
  leavingTheUnread(ranges: readonly InputRange[]): { ranges: InputRange[]; left: number } {
    let left = 0;
    const read = ranges.map((range) => {
      const end = this.#nextOf(range.topic, range.partition);
      const [from, to] = [BigInt(range.from), BigInt(range.to)];
      const until = end >= to ? to : end > from ? end : from;
      left += Number(to - until);
      return { ...range, to: String(until) };
    });
    return { ranges: read.filter(({ from, to }) => from !== to), left };
  }

  #nextOf(topic: string, partition: number): bigint {
    return this.next.get(`${topic}/${partition}`) ?? 0n;
  }
}
