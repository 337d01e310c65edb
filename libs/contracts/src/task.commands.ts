import { IsIn, IsInt, Min } from 'class-validator';
import { Describe } from './describe';
import { DueSpec } from './due';
import { Nested } from './nested';
import { AssigneeRef, CommandActor } from './parties';
import { Nullable, Optional, OptionalNotNull } from './presence';
import { IsBoundedText, IsDueForm, IsTitle, IsUuid } from './rules';
import { CHANNELS, PRIORITIES, TASK_TYPES, type WireChannel } from './vocabulary';

type TaskTypeWord = (typeof TASK_TYPES)[number];
type PriorityWord = (typeof PRIORITIES)[number];

/** What every command says. */
export abstract class TaskCommandData {
  @Nested(() => CommandActor)
  actor!: CommandActor;

  @Describe(
    'The task’s version that the sender has seen; another one refuses the command as `stale_version`.',
  )
  @Optional()
  @IsInt()
  @Min(0)
  expectedVersion?: number | null;

  @Describe('Not needed, since topic and subject say it; where it is given it must be the topic’s.')
  @Optional()
  @IsIn(CHANNELS)
  channel?: WireChannel | null;
}

/** What every command to a task that exists says. */
export abstract class ExistingTaskCommandData extends TaskCommandData {
  @IsUuid()
  taskId!: string;
}

const WHY = 'Why, for people: at most 16 KiB in UTF-8.';

@Describe('task.create.v1: create a task in the conversation that is the subject.')
export class TaskCreateData extends TaskCommandData {
  @Describe('The caller’s own id for it; otherwise it is derived from the event’s identity.')
  @Optional()
  @IsUuid()
  taskId?: string | null;

  @IsIn(TASK_TYPES)
  type!: TaskTypeWord;

  @IsIn(PRIORITIES)
  priority!: PriorityWord;

  @Describe('1–500 characters (Unicode code points).')
  @IsTitle()
  title!: string;

  @Describe('At most 16 KiB in UTF-8.')
  @Optional()
  @IsBoundedText()
  description?: string | null;

  @Optional()
  @Nested(() => AssigneeRef)
  assignee?: AssigneeRef | null;

  @Optional()
  @IsDueForm()
  @Nested(() => DueSpec)
  due?: DueSpec | null;

  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.assign.v1: give the task to a person or a team, or, with null, to nobody. Clears the claim.')
export class TaskAssignData extends ExistingTaskCommandData {
  @Describe('Must be present; null takes the task from whoever has it.')
  @Nullable()
  @Nested(() => AssigneeRef)
  assignee!: AssigneeRef | null;

  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.claim.v1: a member takes a team’s task.')
export class TaskClaimData extends ExistingTaskCommandData {
  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.release.v1: the claim is given back.')
export class TaskReleaseData extends ExistingTaskCommandData {
  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.start.v1: to_do → in_progress.')
export class TaskStartData extends ExistingTaskCommandData {
  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.resolve.v1: to_do or in_progress → resolved.')
export class TaskResolveData extends ExistingTaskCommandData {
  @Describe('What came of it: at most 16 KiB in UTF-8.')
  @Optional()
  @IsBoundedText()
  resolution?: string | null;

  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.reopen.v1: resolved or cancelled → to_do.')
export class TaskReopenData extends ExistingTaskCommandData {
  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('task.cancel.v1: to_do or in_progress → cancelled.')
export class TaskCancelData extends ExistingTaskCommandData {
  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe(
  'task.update.v1: change any of the fields. What is absent stays; null clears `due` and `description`.',
)
export class TaskUpdateData extends ExistingTaskCommandData {
  @OptionalNotNull()
  @IsIn(PRIORITIES)
  priority?: PriorityWord;

  @Describe('Null clears the due date.')
  @Optional()
  @IsDueForm()
  @Nested(() => DueSpec)
  due?: DueSpec | null;

  @OptionalNotNull()
  @IsTitle()
  title?: string;

  @Describe('At most 16 KiB in UTF-8; null clears it.')
  @Optional()
  @IsBoundedText()
  description?: string | null;

  @OptionalNotNull()
  @IsIn(TASK_TYPES)
  type?: TaskTypeWord;
}

@Describe('task.comment.v1: say something about the task.')
export class TaskCommentData extends ExistingTaskCommandData {
  @Describe('At most 16 KiB in UTF-8.')
  @IsBoundedText()
  text!: string;
}
