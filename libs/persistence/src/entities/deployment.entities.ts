import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('deployment', {
  comment: 'One row: what was fixed when the topics were made, and the producer id the relay publishes with',
})
@Check('deployment_is_one_row', 'id = 1')
@Check('deployment_has_shards', 'shards > 0')
export class DeploymentEntity {
  @PrimaryColumn('smallint') id: number;
  @Column('smallint') shards: number;
  @Column('bigint', { name: 'producer_id' }) producerId: string;
  @Column('smallint', { name: 'producer_epoch' }) producerEpoch: number;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) createdAt: Date;
}

@Entity('shard_head', {
  comment:
    "The last position of each shard's logs. A table of its own, since row-level security hides other tenants' log entries from max(position)",
})
export class ShardHeadEntity {
  @PrimaryColumn('smallint') shard: number;
  @Column('bigint', { name: 'activity_position', default: 0 }) activityPosition: string;
  @Column('bigint', { name: 'rejection_position', default: 0 }) rejectionPosition: string;
  @Column('bigint', {
    name: 'rejection_base',
    default: 0,
    comment:
      'Rejections up to this position are not here: the database was rebuilt when the topic no longer had them',
  })
  rejectionBase: string;
}

@Entity('input_position', {
  comment: 'How far each input partition was read, and a fingerprint of the last record read',
})
export class InputPositionEntity {
  @PrimaryColumn('text') topic: string;
  @PrimaryColumn('integer') partition: number;
  @Column('bigint', { name: 'next_offset' }) nextOffset: string;
  @Column('text') fingerprint: string;
  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' }) storedAt: Date;
}
