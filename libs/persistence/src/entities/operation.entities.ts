import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

@Entity('operation', { comment: 'What operators did and do: who, when, what with, and how far it got' })
@Check('operation_kind', `kind in ('redrive', 'discard', 'replay', 'republish')`)
@Check('operation_status', `status in ('running', 'paused', 'aborted', 'done', 'failed')`)
@Check('operation_asked', `asked in ('pause', 'abort')`)
@Index('operation_by_start', ['startedAt'])
export class OperationEntity {
  @PrimaryColumn('uuid') id: string;
  @Column('text') kind: string;
  @Column('text') status: string;
  @Column('text', { nullable: true, comment: 'What another command asks of the process that runs it' })
  asked: string | null;
  @Column('uuid', { comment: 'The process that runs it; one that finds another here stops' }) holder: string;
  @Column('text', { name: 'started_by' }) startedBy: string;
  @Column('text', { nullable: true }) reason: string | null;
  @Column('jsonb') parameters: unknown;
  @Column('jsonb') progress: unknown;
  @Column('timestamptz', { name: 'started_at', default: () => 'now()' }) startedAt: Date;
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) updatedAt: Date;
  @Column('timestamptz', { name: 'ended_at', nullable: true }) endedAt: Date | null;
}

@Entity('dead_letter_result', {
  comment: 'What redrives and discards made of each dead letter, by where its record was',
})
@Check(
  'dead_letter_result_kind',
  `result in ('applied', 'duplicate', 'rejected', 'outdated', 'skipped', 'failed', 'discarded')`,
)
@Index('dead_letter_result_by_operation', ['operationId'])
export class DeadLetterResultEntity {
  @PrimaryColumn('text') topic: string;
  @PrimaryColumn('integer') partition: number;
  @PrimaryColumn('bigint') offset: string;
  @PrimaryColumn('text', { comment: 'Of the record: in a topic made anew, another one may have its place' })
  fingerprint: string;
  @PrimaryColumn('uuid', { name: 'operation_id' }) operationId: string;
  @ManyToOne(() => OperationEntity, { nullable: false, onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @JoinColumn({
    name: 'operation_id',
    foreignKeyConstraintName: 'dead_letter_result_operation',
  })
  operation: OperationEntity;
  @Column('integer', { comment: 'How often it had failed before' }) attempt: number;
  @Column('text') result: string;
  @Column('text', { nullable: true }) code: string | null;
  @Column('text', { nullable: true, comment: 'The fingerprint of what was applied in its place' })
  edited: string | null;
  @Column('timestamptz', { name: 'recorded_at', default: () => 'now()' }) recordedAt: Date;
}
