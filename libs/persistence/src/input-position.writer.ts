import { type EntityManager } from 'typeorm';
import { type InputPosition } from '#libs/processing';

/** Stores how far a partition was read; also lower than before, when an operator rewound it. */
export async function writePosition(manager: EntityManager, position: InputPosition): Promise<void> {
  await manager.query(
    `insert into input_position (topic, partition, next_offset, fingerprint) values ($1, $2, $3, $4)
     on conflict (topic, partition) do update
       set next_offset = excluded.next_offset, fingerprint = excluded.fingerprint, stored_at = now()`,
    [position.topic, position.partition, position.nextOffset, position.fingerprint],
  );
}
