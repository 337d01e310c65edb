import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('task')
@Index('task_origin', ['tenantId', 'originKey'], { unique: true })
@Index('task_by_conversation', ['tenantId', 'conversationId'])
@Index('task_by_shard', ['shard'])
@Index('task_by_timer', ['shard', 'timerAt'], { where: 'timer_at is not null' })
@Index('task_by_calendar', ['tenantId', 'dueCalendar', 'id'], {
  where: "due_calendar is not null and status in ('to_do', 'in_progress')",
})
@Index('task_by_claim', ['tenantId', 'claimedBy'], {
  where: "claimed_by is not null and status in ('to_do', 'in_progress')",
})
// With expressions and columns beside, which an entity cannot say: the migration has them.
@Index('task_by_created', { synchronize: false })
@Index('task_by_due', { synchronize: false })
@Index('task_of_assignee_by_created', { synchronize: false })
@Index('task_of_assignee_by_due', { synchronize: false })
@Index('task_by_words', { synchronize: false })
@Index('task_unusually_due', { synchronize: false })
export class TaskEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('smallint') shard: number;
  @Column('text', { name: 'conversation_id' }) conversationId: string;
  @Column('text') channel: string;
  @Column('text') type: string;
  @Column('text') priority: string;
  @Column('text') status: string;
  @Column('text', { name: 'assignee_kind', nullable: true }) assigneeKind: string | null;
  @Column('text', { name: 'assignee_id', nullable: true }) assigneeId: string | null;
  @Column('text', { name: 'claimed_by', nullable: true }) claimedBy: string | null;
  @Column('timestamptz', { name: 'due_at', nullable: true }) dueAt: Date | null;
  @Column('text') title: string;
  @Column('text', { nullable: true }) description: string | null;
  @Column('text', { name: 'created_by_kind' }) createdByKind: string;
  @Column('text', { name: 'created_by_id' }) createdById: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @Column('timestamptz', { name: 'started_at', nullable: true }) startedAt: Date | null;
  @Column('timestamptz', { name: 'resolved_at', nullable: true }) resolvedAt: Date | null;
  @Column('text', { nullable: true }) resolution: string | null;
  @Column('boolean') overdue: boolean;
  @Column('integer') version: number;
  @Column('text', { name: 'origin_source' }) originSource: string;
  @Column('text', { name: 'origin_event_id' }) originEventId: string;
  @Column('text', { name: 'origin_flow', nullable: true }) originFlow: string | null;
  @Column('text', { name: 'origin_node', nullable: true }) originNode: string | null;
  @Column('smallint', { name: 'origin_ordinal', nullable: true }) originOrdinal: number | null;
  @Column('bytea', {
    name: 'origin_key',
    comment: 'SHA-256 over the five origin columns: together they can exceed what an index entry holds',
  })
  originKey: Buffer;
  @Column('integer', { name: 'due_set_by', nullable: true }) dueSetBy: number | null;
  @Column('text', { name: 'due_said', nullable: true }) dueSaid: string | null;
  @Column('text', { name: 'due_in', nullable: true }) dueIn: string | null;
  @Column('text', { name: 'due_calendar', nullable: true }) dueCalendar: string | null;
  @Column('timestamptz', { name: 'due_from', nullable: true }) dueFrom: Date | null;
  @Column('integer', { name: 'claim_active_by', nullable: true }) claimActiveBy: number | null;
  @Column('timestamptz', { name: 'claim_active_at', nullable: true }) claimActiveAt: Date | null;
  @Column('text', { name: 'claim_flag', nullable: true }) claimFlag: string | null;
  @Column('timestamptz', {
    name: 'timer_at',
    nullable: true,
    comment: 'When time alone will do something to it next; null when it will not',
  })
  timerAt: Date | null;
}
