import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('conversation')
@Index('conversation_by_time', ['tenantId', 'firstEventAt', 'id'])
@Index('conversation_by_customer', ['tenantId', 'customerId', 'firstEventAt', 'id'])
@Index('conversation_by_words', { synchronize: false })
export class ConversationEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('text') id: string;
  @Column('smallint') shard: number;
  @Column('text') channel: string;
  @Column('timestamptz', { name: 'first_event_at' }) firstEventAt: Date;
  @Column('text', { name: 'customer_id', nullable: true }) customerId: string | null;
  @Column('text', { name: 'customer_name', nullable: true }) customerName: string | null;
  @Column('text', { name: 'customer_address', nullable: true }) customerAddress: string | null;
  @Column('timestamptz', { name: 'customer_at', nullable: true }) customerAt: Date | null;
  @Column('text', { name: 'agent_kind', nullable: true }) agentKind: string | null;
  @Column('text', { name: 'agent_id', nullable: true }) agentId: string | null;
  @Column('timestamptz', { name: 'started_at', nullable: true }) startedAt: Date | null;
  @Column('timestamptz', { name: 'ended_at', nullable: true }) endedAt: Date | null;
  @Column('text', { name: 'end_reason', nullable: true }) endReason: string | null;
}

@Entity('conversation_message')
export class ConversationMessageEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('text', { name: 'conversation_id' }) conversationId: string;
  @PrimaryColumn('text', { name: 'message_id' }) messageId: string;
  @Column('text', { name: 'from_kind' }) fromKind: string;
  @Column('text', { name: 'from_id' }) fromId: string;
  @Column('text') text: string;
  @Column('timestamptz', { name: 'sent_at' }) sentAt: Date;
}

@Entity('conversation_outcome')
@Index('conversation_outcome_by_time', ['tenantId', 'occurredAt'])
export class ConversationOutcomeEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('text') source: string;
  @PrimaryColumn('text', { name: 'event_id' }) eventId: string;
  @Column('text', { name: 'conversation_id' }) conversationId: string;
  @Column('text') channel: string;
  @Column('timestamptz', { name: 'occurred_at' }) occurredAt: Date;
  @Column('jsonb') data: unknown;
}

@Entity('applied_event', {
  comment: 'The identity of every command and outcome that was applied, so that it counts once',
})
@Check('applied_event_became', `became in ('applied', 'rejected')`)
export class AppliedEventEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('text') source: string;
  @PrimaryColumn('text', { name: 'event_id' }) eventId: string;
  @Column('text') type: string;
  @Column('text') became: 'applied' | 'rejected';
  @Column('bytea', { name: 'payload_hash' }) payloadHash: Buffer;
  @Column('smallint') shard: number;
  @Column('text', { name: 'conversation_id' }) conversationId: string;
  @Column('text', { nullable: true, comment: 'Null for what came by no topic' }) topic: string | null;
  @Column('integer', { nullable: true }) partition: number | null;
  @Column('bigint', { nullable: true }) offset: string | null;
  @Column('timestamptz', { name: 'recorded_at' }) recordedAt: Date;
  @Column('uuid', {
    name: 'answer_task',
    nullable: true,
    comment: 'The task that a request was answered with; null where nobody waited for an answer',
  })
  answerTask: string | null;
  @Column('integer', { name: 'answer_version', nullable: true }) answerVersion: number | null;
}
