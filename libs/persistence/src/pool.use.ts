import { type DataSource } from 'typeorm';

/** What a data source's connections do; `waiting` are requests for one. */
export interface PoolUse {
  in_use: number;
  idle: number;
  waiting: number;
}

/** As the driver counts them now; nothing is asked of the database. */
export function poolUse({ driver }: DataSource): PoolUse {
  // pg's pool, which TypeORM's types do not show; there is none before the first connection.
  const { master } = driver as unknown as {
    master?: { totalCount: number; idleCount: number; waitingCount: number };
  };
  if (!master) return { in_use: 0, idle: 0, waiting: 0 };
  const { totalCount, idleCount, waitingCount } = master;
  return { in_use: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
}
