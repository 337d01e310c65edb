import {
  type Actor,
  type Assignee,
  type Channel,
  type Conversation,
  identityKey,
  type Priority,
  type Status,
  type Task,
  type TaskRecord,
  type TaskType,
  type Timekeeping,
} from '#libs/domain';

/** What names an event, in any row that has it under these names. */
export interface IdentityRow {
  tenant_id: string;
  source: string;
  id: string;
}

/** As `identityKey`, of a row. */
export function identityKeyOf({ tenant_id: tenantId, source, id }: IdentityRow): string {
  return identityKey({ tenantId, source, id });
}

/** A row of `task` as the driver gives it. */
export interface TaskRow {
  tenant_id: string;
  id: string;
  conversation_id: string;
  channel: string;
  type: string;
  priority: string;
  status: string;
  assignee_kind: string | null;
  assignee_id: string | null;
  claimed_by: string | null;
  due_at: Date | null;
  title: string;
  description: string | null;
  created_by_kind: string;
  created_by_id: string;
  created_at: Date;
  updated_at: Date;
  started_at: Date | null;
  resolved_at: Date | null;
  resolution: string | null;
  overdue: boolean;
  version: number;
  due_set_by: number | null;
  due_said: string | null;
  due_in: string | null;
  due_calendar: string | null;
  due_from: Date | null;
  claim_active_by: number | null;
  claim_active_at: Date | null;
  claim_flag: string | null;
}

const OF_A_TASK = [
  ...['id', 'tenant_id', 'conversation_id', 'channel', 'type', 'priority', 'status'],
  ...['assignee_kind', 'assignee_id', 'claimed_by', 'due_at', 'title', 'description'],
  ...['created_by_kind', 'created_by_id', 'created_at', 'updated_at', 'started_at'],
  ...['resolved_at', 'resolution', 'overdue', 'version'],
] as const satisfies (keyof TaskRow)[];
/** What `taskFrom` needs of a row of `task`, without its timekeeping and its origin. */
export type TaskOnlyRow = Pick<TaskRow, (typeof OF_A_TASK)[number]>;
/** Its columns, for a statement. */
export const TASK_COLUMNS = OF_A_TASK.map((column) => `task.${column}`).join(', ');

/** A row of `conversation` as the driver gives it. */
export interface ConversationRow {
  tenant_id: string;
  id: string;
  channel: string;
  first_event_at: Date;
  customer_id: string | null;
  customer_name: string | null;
  customer_address: string | null;
  customer_at: Date | null;
  agent_kind: string | null;
  agent_id: string | null;
  started_at: Date | null;
  ended_at: Date | null;
  end_reason: string | null;
}

const instant = (date: Date | null): string | null => date && date.toISOString();

/** The task a row holds. */
export function taskFrom(row: TaskOnlyRow): Task {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    conversationId: row.conversation_id,
    channel: row.channel as Channel,
    type: row.type as TaskType,
    priority: row.priority as Priority,
    status: row.status as Status,
    assignee:
      row.assignee_id === null ? null : { kind: row.assignee_kind as Assignee['kind'], id: row.assignee_id },
    claimedBy: row.claimed_by,
    dueAt: instant(row.due_at),
    title: row.title,
    description: row.description,
    createdBy: { kind: row.created_by_kind as Actor['kind'], id: row.created_by_id },
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    startedAt: instant(row.started_at),
    resolvedAt: instant(row.resolved_at),
    resolution: row.resolution,
    overdue: row.overdue,
    version: row.version,
  };
}

/** The task a row holds, with its timekeeping. */
export function taskRecordFrom(row: TaskRow): TaskRecord {
  return {
    task: taskFrom(row),
    timekeeping: {
      dueSetBy: row.due_set_by,
      dueSaid: row.due_said as Timekeeping['dueSaid'],
      dueBy:
        row.due_calendar === null
          ? null
          : { in: row.due_in!, calendar: row.due_calendar, from: instant(row.due_from)! },
      claimActiveBy: row.claim_active_by,
      claimActiveAt: instant(row.claim_active_at),
      claimFlag: row.claim_flag,
    },
  };
}

/** The conversation a row holds; keys in the order `mergeConversations` compares them in. */
export function conversationFrom(row: ConversationRow): Conversation {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    channel: row.channel as Channel,
    firstEventAt: row.first_event_at.toISOString(),
    customer:
      row.customer_id === null
        ? null
        : { id: row.customer_id, name: row.customer_name, address: row.customer_address },
    customerAt: instant(row.customer_at),
    agent: row.agent_id === null ? null : { kind: row.agent_kind as 'agent' | 'ai_agent', id: row.agent_id },
    startedAt: instant(row.started_at),
    endedAt: instant(row.ended_at),
    endReason: row.end_reason,
  };
}
