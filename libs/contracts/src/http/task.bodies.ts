import { ArrayMaxSize, IsIn, IsInt, IsObject, Min } from 'class-validator';
import { Describe } from '../describe';
import { DueSpec } from '../due';
import { LIMITS } from '../limits';
import { Nested, NestedList } from '../nested';
import { AssigneeRef } from '../parties';
import { Nullable, Optional, OptionalNotNull } from '../presence';
import { IsBoundedText, IsDueForm, IsTitle, IsUuid } from '../rules';
import { PRIORITIES, TASK_TYPES } from '../vocabulary';

/** What HTTP commands say. Who gives them is in the token, which task in the path, and which version in `If-Match`. */

const WHY = 'Why, for people: at most 16 KiB in UTF-8.';

@Describe('A task to be created in the conversation of the path.')
export class CreateTaskBody {
  @Describe('The caller’s own id for it; otherwise it is derived from the request’s identity.')
  @Optional()
  @IsUuid()
  taskId?: string | null;

  @IsIn(TASK_TYPES)
  type!: (typeof TASK_TYPES)[number];

  @IsIn(PRIORITIES)
  priority!: (typeof PRIORITIES)[number];

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

  @Describe(
    'Why the task is created though its conversation has ended. A lead’s, or a service’s; it is in the activity log.',
  )
  @Optional()
  @IsBoundedText()
  overrideReason?: string | null;
}

@Describe('What is to change of a task. What is absent stays; null clears `due` and `description`.')
export class UpdateTaskBody {
  @OptionalNotNull()
  @IsIn(PRIORITIES)
  priority?: (typeof PRIORITIES)[number];

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
  type?: (typeof TASK_TYPES)[number];

  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('Who is to have the task.')
export class AssignBody {
  @Describe('Must be present; null takes the task from whoever has it.')
  @Nullable()
  @Nested(() => AssigneeRef)
  assignee!: AssigneeRef | null;

  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('Why something is done to a task; may be empty.')
export class ReasonBody {
  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('What came of a task.')
export class ResolveBody {
  @Describe('What came of it: at most 16 KiB in UTF-8.')
  @Optional()
  @IsBoundedText()
  resolution?: string | null;

  @Describe(WHY)
  @Optional()
  @IsBoundedText()
  reason?: string | null;
}

@Describe('Something to say about a task.')
export class CommentBody {
  @Describe('At most 16 KiB in UTF-8.')
  @IsBoundedText()
  text!: string;
}

/** The commands to a task that exists, as they are called in paths, with what each says. */
export const TASK_VERBS = {
  assign: AssignBody,
  claim: ReasonBody,
  release: ReasonBody,
  start: ReasonBody,
  resolve: ResolveBody,
  reopen: ReasonBody,
  cancel: ReasonBody,
  update: UpdateTaskBody,
  comment: CommentBody,
} as const;
export type TaskVerb = keyof typeof TASK_VERBS;

@Describe('One command of many.')
export class BulkItem {
  @IsUuid()
  taskId!: string;

  @IsIn(Object.keys(TASK_VERBS))
  command!: TaskVerb;

  @Describe('What the command says, as the body of its own route; absent means nothing.')
  @Optional()
  @IsObject()
  data?: Record<string, unknown> | null;

  @Describe('The version that the caller has seen; another one refuses this command.')
  @Optional()
  @IsInt()
  @Min(0)
  expectedVersion?: number | null;
}

@Describe('Commands to tasks. Each is applied or refused by itself.')
export class BulkBody {
  @NestedList(() => BulkItem)
  @ArrayMaxSize(LIMITS.bulkItems)
  items!: BulkItem[];
}
