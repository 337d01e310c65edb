import { IsBoolean, IsIn, IsInt, IsObject, IsString, Min } from 'class-validator';
import { Describe } from './describe';
import { Nested, NestedList } from './nested';
import { ActivityActor, AssigneeRef } from './parties';
import { Nullable, Optional } from './presence';
import {
  IsBoundedText,
  IsDateTime,
  IsDurationText,
  IsId,
  IsPresent,
  IsSource,
  IsTenant,
  IsTextList,
  IsTitle,
  IsUuid,
} from './rules';
import { CHANNELS, PRIORITIES, STATUSES, TASK_TYPES, type WireChannel } from './vocabulary';

@Describe('A task. Times are the causing events’, UTC with milliseconds.')
export class TaskState {
  @IsUuid()
  id!: string;

  @IsTenant()
  tenantId!: string;

  @IsId()
  conversationId!: string;

  @IsIn(CHANNELS)
  channel!: WireChannel;

  @IsIn(TASK_TYPES)
  type!: (typeof TASK_TYPES)[number];

  @IsIn(PRIORITIES)
  priority!: (typeof PRIORITIES)[number];

  @IsIn(STATUSES)
  status!: (typeof STATUSES)[number];

  @Nullable()
  @Nested(() => AssigneeRef)
  assignee!: AssigneeRef | null;

  @Describe('The agent who has claimed a team’s task.')
  @Nullable()
  @IsId()
  claimedBy!: string | null;

  @Nullable()
  @IsDateTime()
  dueAt!: string | null;

  @IsTitle()
  title!: string;

  @Nullable()
  @IsBoundedText()
  description!: string | null;

  @Nested(() => ActivityActor)
  createdBy!: ActivityActor;

  @IsDateTime()
  createdAt!: string;

  @IsDateTime()
  updatedAt!: string;

  @Nullable()
  @IsDateTime()
  startedAt!: string | null;

  @Nullable()
  @IsDateTime()
  resolvedAt!: string | null;

  @Nullable()
  @IsBoundedText()
  resolution!: string | null;

  @IsBoolean()
  overdue!: boolean;

  @Describe('The sequence of its last activity.')
  @IsInt()
  @Min(1)
  version!: number;
}

@Describe('One field that changed. What is not listed did not.')
export class FieldChange {
  @IsString()
  field!: string;

  @Describe('Its value before; null where there was none.')
  @IsPresent()
  from!: unknown;

  @Describe('Its value after; null where there is none.')
  @IsPresent()
  to!: unknown;
}

@Describe('The event or request that caused something; topic, partition and offset where it came by Kafka.')
export class CauseRef {
  @IsSource()
  source!: string;

  @IsString()
  id!: string;

  @Optional()
  @IsString()
  topic?: string | null;

  @Optional()
  @IsInt()
  @Min(0)
  partition?: number | null;

  @Optional()
  @IsInt()
  @Min(0)
  offset?: number | null;
}

@Describe('Why a task that a flow made is as it is.')
export class FlowTraceData {
  @IsId()
  id!: string;

  @Describe('The flow’s version that was live.')
  @IsInt()
  @Min(1)
  version!: number;

  @IsId()
  node!: string;

  @Describe('What the node read; over 32 KiB it is cut, with a warning.')
  @IsObject()
  inputs!: Record<string, unknown>;

  @IsTextList()
  warnings!: string[];
}

@Describe('A due date in a calendar’s working time.')
export class WorkingDueData {
  @Describe('An ISO 8601 duration of hours, minutes and seconds.')
  @IsDurationText()
  in!: string;

  @Describe('The id of the calendar.')
  @IsId()
  calendar!: string;

  @Describe('The moment it is counted from.')
  @IsDateTime()
  from!: string;
}

@Describe('One thing that happened to a task.')
export class TaskActivityData {
  @IsUuid()
  taskId!: string;

  @IsId()
  conversationId!: string;

  @IsIn(CHANNELS)
  channel!: WireChannel;

  @Describe('1, 2, 3 … per task, without gaps.')
  @IsInt()
  @Min(1)
  sequence!: number;

  @Nested(() => ActivityActor)
  actor!: ActivityActor;

  @Optional()
  @IsBoundedText()
  reason?: string | null;

  @Describe('What a comment says.')
  @Optional()
  @IsBoundedText()
  text?: string | null;

  @NestedList(() => FieldChange)
  changes!: FieldChange[];

  @Describe('How a calendar gave the due date that this sets; absent where none did.')
  @Optional()
  @Nested(() => WorkingDueData)
  due?: WorkingDueData | null;

  @Describe('The task as it is after this.')
  @Nested(() => TaskState)
  task!: TaskState;

  @Nested(() => CauseRef)
  cause!: CauseRef;

  @Optional()
  @Nested(() => FlowTraceData)
  flow?: FlowTraceData | null;
}
