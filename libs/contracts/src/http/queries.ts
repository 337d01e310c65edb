import { IsBoolean, IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { Describe } from '../describe';
import { TASK_ACTIVITIES, type TaskActivityType } from '../event-types';
import { LIMITS } from '../limits';
import { Optional } from '../presence';
import { IsDateTime, IsId, IsSearch, IsUuid, IsWordList } from '../rules';
import { CHANNELS, PRIORITIES, STATUSES, TASK_TYPES } from '../vocabulary';

/** What may stand behind the question mark. Lists are separated by commas, or the parameter is given again. */

/** A page of a list. */
export class PageQuery {
  @Describe('How many at most; 50 unless said.')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(LIMITS.pageItems)
  limit?: number;

  @Describe('Where to go on: the `next` of the page before. Opaque, and good for the same question only.')
  @Optional()
  @IsString()
  cursor?: string;
}

export const TASK_SORTS = ['createdAt', '-createdAt', 'dueAt', '-dueAt', 'priority', '-priority'] as const;

export class TaskListQuery extends PageQuery {
  @Optional()
  @IsWordList(STATUSES)
  status?: (typeof STATUSES)[number][];

  @Optional()
  @IsWordList(TASK_TYPES)
  type?: (typeof TASK_TYPES)[number][];

  @Optional()
  @IsWordList(PRIORITIES)
  priority?: (typeof PRIORITIES)[number][];

  @Optional()
  @IsWordList(CHANNELS)
  channel?: (typeof CHANNELS)[number][];

  @Describe('The id of an agent: the tasks assigned to that person.')
  @Optional()
  @IsId()
  assignee?: string;

  @Describe('The id of a team: the tasks assigned to it, claimed or not; beside `assignee`, either’s.')
  @Optional()
  @IsId()
  team?: string;

  @Optional()
  @IsId()
  conversationId?: string;

  @Optional()
  @IsBoolean()
  overdue?: boolean;

  @Describe('Due before this moment: RFC 3339.')
  @Optional()
  @IsDateTime()
  dueBefore?: string;

  @Describe('Due at this moment or after it: RFC 3339.')
  @Optional()
  @IsDateTime()
  dueAfter?: string;

  @Describe(
    'Words: tasks that have all of them in title, description or the customer’s name, id or address; whole words, in any case. Of several, or of one that thousands of tasks have, pages may be shorter than `limit`, or empty, while `next` still goes on.',
  )
  @Optional()
  @IsSearch()
  q?: string;

  @Describe(
    '`mine`: the open tasks that the calling agent has, and those of their teams that they may claim; overdue first, then by priority, then by due date. No `sort` beside it.',
  )
  @Optional()
  @IsIn(['mine'])
  queue?: 'mine';

  @Describe(
    'By what; `-` in front: the greatest first. `-createdAt` unless said. What has no due date comes last in `dueAt`.',
  )
  @Optional()
  @IsIn(TASK_SORTS)
  sort?: (typeof TASK_SORTS)[number];

  @Describe(
    'Whether to count all tasks that fit, which takes longer the more there are; null for more than 10,000, or for words that thousands have.',
  )
  @Optional()
  @IsBoolean()
  total?: boolean;
}

export class ConversationListQuery extends PageQuery {
  @Optional()
  @IsWordList(CHANNELS)
  channel?: (typeof CHANNELS)[number][];

  @Describe('Whether it goes on still.')
  @Optional()
  @IsBoolean()
  active?: boolean;

  @Describe('The id of a customer.')
  @Optional()
  @IsId()
  customer?: string;
}

const ACTIVITY_TYPES = Object.keys(TASK_ACTIVITIES) as TaskActivityType[];

/** Which of the tenant's activities a stream gives; all of them unless said. */
export class ActivityStreamQuery {
  @Optional()
  @IsUuid()
  taskId?: string;

  @Optional()
  @IsId()
  conversationId?: string;

  @Optional()
  @IsWordList(ACTIVITY_TYPES)
  type?: TaskActivityType[];
}
