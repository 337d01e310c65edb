import { IsIn, IsInt, IsObject, IsString, Max, Min } from 'class-validator';
import { Describe } from '../describe';
import { LIMITS } from '../limits';
import { Nested, NestedList } from '../nested';
import { AssigneeRef } from '../parties';
import { Nullable, Optional } from '../presence';
import { IsBoundedText, IsDateTime, IsEventId, IsId, IsSource, IsTextList, IsTitle, IsUuid } from '../rules';
import { CHANNELS, PRIORITIES, TASK_TYPES, type WireChannel } from '../vocabulary';
import { Problem } from './answers';

/** Which stored outcomes a draft is tried on, and how much that may take. */
export class DryRunQuery {
  @Describe(
    'Only outcomes that happened at this moment or after it: RFC 3339. All that are stored unless said.',
  )
  @Optional()
  @IsDateTime()
  since?: string;

  @Describe('How many outcomes are looked at, at most, the latest first; 1,000 unless said.')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(LIMITS.dryRunOutcomes)
  limit?: number;

  @Describe('How many seconds it may take; 10 unless said. What was found by then is answered.')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(LIMITS.dryRunSeconds)
  seconds?: number;

  @Describe('How many samples of each kind; 5 unless said.')
  @Optional()
  @IsInt()
  @Min(0)
  @Max(LIMITS.dryRunSamples)
  samples?: number;
}

class TaskCount {
  @IsInt()
  @Min(0)
  tasks!: number;
}

@Describe('Tasks by priority.')
export class TasksByPriority {
  @IsInt()
  low!: number;

  @IsInt()
  medium!: number;

  @IsInt()
  high!: number;

  @IsInt()
  critical!: number;
}

@Describe('Tasks by channel.')
export class TasksByChannel {
  @IsInt()
  call!: number;

  @IsInt()
  message!: number;

  @IsInt()
  whatsapp!: number;
}

@Describe('Tasks of one assignee.')
export class TasksOfAssignee extends TaskCount {
  @Describe('Null: nobody.')
  @Nullable()
  @Nested(() => AssigneeRef)
  assignee!: AssigneeRef | null;
}

@Describe('What a version of a flow makes of the outcomes that were looked at.')
export class MadeByFlow extends TaskCount {
  @Nested(() => TasksByPriority)
  byPriority!: TasksByPriority;

  @Nested(() => TasksByChannel)
  byChannel!: TasksByChannel;

  @Describe('The 100 with the most tasks.')
  @NestedList(() => TasksOfAssignee)
  byAssignee!: TasksOfAssignee[];

  @Describe('Tasks of assignees that are not named.')
  @IsInt()
  otherAssignees!: number;

  @Describe('How often something could not be worked out and a default was used.')
  @IsInt()
  warnings!: number;
}

@Describe('What the live version makes of the same outcomes.')
export class MadeByLiveFlow extends MadeByFlow {
  @IsInt()
  @Min(1)
  version!: number;

  @Describe('Why it makes nothing, where this release cannot read it.')
  @Nullable()
  @IsString()
  problem!: string | null;
}

const DRY_RUN_FIELDS = ['type', 'priority', 'title', 'description', 'assignee', 'dueAt'] as const;
type DryRunField = (typeof DRY_RUN_FIELDS)[number];

@Describe('In how many tasks a field differs.')
export class ChangedField extends TaskCount {
  @IsIn(DRY_RUN_FIELDS)
  field!: DryRunField;
}

@Describe(
  'The tasks of the draft beside those of the live version. A task is told by its outcome and its node.',
)
export class DryRunDifference {
  @Describe('Tasks that only the draft makes.')
  @IsInt()
  onlyDraft!: number;

  @Describe('Tasks that only the live version makes.')
  @IsInt()
  onlyLive!: number;

  @Describe('Tasks that both make, and that differ.')
  @IsInt()
  changed!: number;

  @Describe('Tasks that both make alike.')
  @IsInt()
  same!: number;

  @NestedList(() => ChangedField)
  changedFields!: ChangedField[];
}

@Describe('An event, by what identifies it in its tenant.')
export class SampledEvent {
  @IsSource()
  source!: string;

  @IsEventId()
  id!: string;

  @IsDateTime()
  time!: string;
}

@Describe('A task that a flow would make.')
export class SampledTaskState {
  @IsIn(TASK_TYPES)
  type!: (typeof TASK_TYPES)[number];

  @IsIn(PRIORITIES)
  priority!: (typeof PRIORITIES)[number];

  @IsTitle()
  title!: string;

  @Nullable()
  @IsBoundedText()
  description!: string | null;

  @Nullable()
  @Nested(() => AssigneeRef)
  assignee!: AssigneeRef | null;

  @Nullable()
  @IsDateTime()
  dueAt!: string | null;
}

@Describe('What one version makes of an outcome.')
export class SampledNode {
  @Describe('Null where `when` could not be evaluated and was taken as false: a warning says why.')
  @Nullable()
  @Nested(() => SampledTaskState)
  task!: SampledTaskState | null;

  @Describe('The values its expressions and templates looked at, by path.')
  @IsObject()
  inputs!: Record<string, unknown>;

  @IsTextList()
  warnings!: string[];
}

const DRY_RUN_KINDS = ['only_draft', 'only_live', 'changed', 'same', 'no_task'] as const;

@Describe('What became of one node on one outcome.')
export class DryRunSampleState {
  @Describe('`no_task`: neither makes one, and there is a warning.')
  @IsIn(DRY_RUN_KINDS)
  kind!: (typeof DRY_RUN_KINDS)[number];

  @Nested(() => SampledEvent)
  event!: SampledEvent;

  @IsId()
  conversationId!: string;

  @IsIn(CHANNELS)
  channel!: WireChannel;

  @IsString()
  node!: string;

  @Describe('The id that the task has, or would have.')
  @IsUuid()
  taskId!: string;

  @Describe('In what the two tasks differ.')
  @IsIn(DRY_RUN_FIELDS, { each: true })
  @IsTextList()
  fields!: DryRunField[];

  @Describe('Null where the draft says nothing of this outcome.')
  @Nullable()
  @Nested(() => SampledNode)
  draft!: SampledNode | null;

  @Describe('Null where the live version says nothing of this outcome.')
  @Nullable()
  @Nested(() => SampledNode)
  live!: SampledNode | null;
}

@Describe(
  'What a draft of a flow would have made of stored outcomes, and how that differs from the live version.',
)
export class DryRunAnswer {
  @IsId()
  flowId!: string;

  @Describe('How many outcomes were looked at.')
  @IsInt()
  outcomes!: number;

  @Describe('When the earliest of them happened.')
  @Nullable()
  @IsDateTime()
  from!: string | null;

  @Describe('When the latest of them happened.')
  @Nullable()
  @IsDateTime()
  to!: string | null;

  @Describe('Which bound left earlier outcomes out; null where none did.')
  @Nullable()
  @IsIn(['limit', 'time'])
  cutShortBy!: 'limit' | 'time' | null;

  @Nested(() => MadeByFlow)
  draft!: MadeByFlow;

  @Describe('Null where there is no such flow yet.')
  @Nullable()
  @Nested(() => MadeByLiveFlow)
  live!: MadeByLiveFlow | null;

  @Nested(() => DryRunDifference)
  difference!: DryRunDifference;

  @Describe('The latest of each kind.')
  @NestedList(() => DryRunSampleState)
  samples!: DryRunSampleState[];
}

@Describe('How far a dry run has got.')
export class DryRunProgressState {
  @Describe('Looked at so far.')
  @IsInt()
  outcomes!: number;

  @Describe('To be looked at.')
  @IsInt()
  of!: number;

  @Describe('That the draft would create, so far.')
  @IsInt()
  tasks!: number;
}

@Describe(
  'A line of a dry run that is answered line by line. It has one of the three; `result` or `problem` is the last, and without either it was broken off.',
)
export class DryRunLine {
  @Optional()
  @Nested(() => DryRunProgressState)
  progress?: DryRunProgressState;

  @Optional()
  @Nested(() => DryRunAnswer)
  result?: DryRunAnswer;

  @Describe('What went wrong after it had begun.')
  @Optional()
  @Nested(() => Problem)
  problem?: Problem;
}
