import { type Instant } from '#libs/domain';
import { type TaskKey } from '../shard.store';

/** Port: which tasks have a timer that is due. Implemented in persistence; an answer costs a range of an index. */
export interface TimerSource {
  /** Of these shards those in which a timer is due by then, each with the moment of its first. */
  shardsDue(shards: readonly number[], until: Instant): Promise<Map<number, Instant>>;
  /** Tasks of a shard with a timer that is due by then, the earliest first. */
  tasksDue(shard: number, until: Instant, limit: number): Promise<TaskKey[]>;
}

/** Port: the input partitions, as far as timers must wait for them. */
export interface InputProgress {
  /** Where the input partitions end now. */
  ends(): Promise<InputEnds>;
  /** Whether everything before these ends was applied. */
  hasPassed(ends: InputEnds): Promise<boolean>;
}

/** The offset the next record gets, by `topic/partition`; only of partitions that hold something. */
export type InputEnds = ReadonlyMap<string, bigint>;
