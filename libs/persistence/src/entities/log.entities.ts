import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('activity_log')
@Index('activity_log_by_task', ['tenantId', 'taskId', 'sequence'], { unique: true })
export class ActivityLogEntity {
  @PrimaryColumn('smallint') shard: number;
  @PrimaryColumn('bigint') position: string;
  @Column('text', { name: 'tenant_id' }) tenantId: string;
  @Column('uuid', { name: 'task_id' }) taskId: string;
  @Column('integer') sequence: number;
  @Column('text', { name: 'conversation_id' }) conversationId: string;
  @Column('text') type: string;
  @Column('timestamptz', { name: 'occurred_at' }) occurredAt: Date;
  @Column('timestamptz', { name: 'recorded_at' }) recordedAt: Date;
  @Column('text', { name: 'cause_source' }) causeSource: string;
  @Column('text', { name: 'cause_id' }) causeId: string;
  @Column('text', { nullable: true }) traceparent: string | null;
  @Column('json', { comment: 'json, not jsonb: published as the very text that was written' }) data: unknown;
}

@Entity('rejection_log')
@Index('rejection_log_unsupported', ['tenantId', 'causeSource', 'causeId'], {
  unique: true,
  where: `code = 'not_supported'`,
})
export class RejectionLogEntity {
  @PrimaryColumn('smallint') shard: number;
  @PrimaryColumn('bigint') position: string;
  @Column('text', { name: 'tenant_id' }) tenantId: string;
  @Column('text', { name: 'conversation_id' }) conversationId: string;
  @Column('uuid', { name: 'task_id' }) taskId: string;
  @Column('text') code: string;
  @Column('timestamptz', { name: 'occurred_at' }) occurredAt: Date;
  @Column('timestamptz', { name: 'recorded_at' }) recordedAt: Date;
  @Column('text', { name: 'cause_source' }) causeSource: string;
  @Column('text', { name: 'cause_id' }) causeId: string;
  @Column('text', { nullable: true }) traceparent: string | null;
  @Column('json') data: unknown;
}
