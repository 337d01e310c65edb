import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('tenant_revision', {
  comment: "Grows with every change of a tenant's people or flows: tells a worker when to read them again",
})
export class TenantRevisionEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @Column('bigint', { default: 0 }) workforce: string;
  @Column('bigint', { default: 0 }) flows: string;
}

@Entity('workforce_entry')
@Check('workforce_entry_kind', `kind in ('agent', 'team', 'calendar', 'policy')`)
export class WorkforceEntryEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('text') kind: 'agent' | 'team' | 'calendar' | 'policy';
  @PrimaryColumn('text') id: string;
  @Column('jsonb', {
    nullable: true,
    comment: 'Null when removed: the row stays, so that an older record read again does not bring it back',
  })
  body: Record<string, unknown> | null;
  @Column('bigint', { name: 'source_offset' }) sourceOffset: string;
}

@Entity('flow_version')
export class FlowVersionEntity {
  @PrimaryColumn('text', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('text', { name: 'flow_id' }) flowId: string;
  @PrimaryColumn('integer') version: number;
  @Column('jsonb') definition: unknown;
  @Column('timestamptz', { name: 'saved_at', default: () => 'now()' }) savedAt: Date;
}
