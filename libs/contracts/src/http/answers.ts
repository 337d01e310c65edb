import { IsBoolean, IsIn, IsInt, IsString, Min } from 'class-validator';
import { Describe } from '../describe';
import { Nested, NestedList } from '../nested';
import { AgentRef, CustomerRef, MessageAuthor } from '../parties';
import { Nullable, Optional } from '../presence';
import { IsBoundedText, IsDateTime, IsId, IsTenant, IsTypeName, IsUuid } from '../rules';
import { TaskActivityData, TaskState } from '../task.activity';
import { CHANNELS, type WireChannel } from '../vocabulary';
import { PROBLEM_CODES, type ProblemCode } from './problem.table';

@Describe('One field of a request that is wrong.')
export class FieldProblem {
  @Describe('Where: `title`, `due.in`, `items[2].taskId`.')
  @IsString()
  field!: string;

  @IsString()
  message!: string;
}

@Describe('Why a request was refused or failed: RFC 9457.')
export class Problem {
  @Describe('Which problem: stable, and the same as `code`.')
  @IsString()
  type!: string;

  @IsString()
  title!: string;

  @IsInt()
  status!: number;

  @Describe('This occurrence, for people: names what stood in the way, and what to do.')
  @IsString()
  detail!: string;

  @IsIn(PROBLEM_CODES)
  code!: ProblemCode;

  @Describe('The request, as the log has it.')
  @IsString()
  instance!: string;

  @Describe('What was wrong, field by field.')
  @Optional()
  @NestedList(() => FieldProblem)
  errors?: FieldProblem[];

  @Describe('The task as it is, where it is what stood in the way.')
  @Optional()
  @Nested(() => TaskState)
  task?: TaskState;

  @Describe('When the conversation ended.')
  @Optional()
  @IsDateTime()
  endedAt?: string;
}

@Describe('A page of tasks.')
export class TaskPage {
  @NestedList(() => TaskState)
  items!: TaskState[];

  @Describe('The cursor of the page behind; null where there is none.')
  @Nullable()
  @IsString()
  next!: string | null;

  @Describe(
    'How many there are on all pages, where that was asked for; null when there are more than are counted.',
  )
  @Optional()
  @IsInt()
  @Min(0)
  total?: number | null;
}

@Describe('An activity of a task, with the attributes of its CloudEvent.')
export class ActivityEntry {
  @Describe('The event’s id.')
  @IsString()
  id!: string;

  @IsTypeName()
  type!: string;

  @Describe('When it happened.')
  @IsDateTime()
  time!: string;

  @Describe('When it was stored.')
  @IsDateTime()
  recordedAt!: string;

  @Nested(() => TaskActivityData)
  data!: TaskActivityData;
}

@Describe('A page of activities, oldest first.')
export class ActivityPage {
  @NestedList(() => ActivityEntry)
  items!: ActivityEntry[];

  @Nullable()
  @IsString()
  next!: string | null;
}

@Describe('A conversation, as far as it is known.')
export class ConversationState {
  @IsTenant()
  tenantId!: string;

  @IsId()
  id!: string;

  @IsIn(CHANNELS)
  channel!: WireChannel;

  @Nullable()
  @Nested(() => CustomerRef)
  customer!: CustomerRef | null;

  @Nullable()
  @Nested(() => AgentRef)
  agent!: AgentRef | null;

  @Describe('The earliest time that anything of it is known to have happened.')
  @IsDateTime()
  firstEventAt!: string;

  @Nullable()
  @IsDateTime()
  startedAt!: string | null;

  @Nullable()
  @IsDateTime()
  endedAt!: string | null;

  @Nullable()
  @IsString()
  endReason!: string | null;

  @Describe('Whether it goes on still: tasks can be created from it.')
  @IsBoolean()
  active!: boolean;
}

@Describe('A page of conversations, the one that began last first.')
export class ConversationPage {
  @NestedList(() => ConversationState)
  items!: ConversationState[];

  @Nullable()
  @IsString()
  next!: string | null;
}

@Describe('A message of a conversation.')
export class MessageState {
  @IsId()
  messageId!: string;

  @Nested(() => MessageAuthor)
  from!: MessageAuthor;

  @IsBoundedText()
  text!: string;

  @IsDateTime()
  sentAt!: string;
}

@Describe('A page of messages, oldest first.')
export class MessagePage {
  @NestedList(() => MessageState)
  items!: MessageState[];

  @Nullable()
  @IsString()
  next!: string | null;
}

@Describe('What became of one command of many: the task, or the problem.')
export class BulkResult {
  @IsUuid()
  taskId!: string;

  @Describe('As the command’s own route would have answered.')
  @IsInt()
  status!: number;

  @Optional()
  @Nested(() => TaskState)
  task?: TaskState;

  @Optional()
  @Nested(() => Problem)
  problem?: Problem;
}

@Describe('What became of each command, in order.')
export class BulkAnswer {
  @NestedList(() => BulkResult)
  results!: BulkResult[];
}
