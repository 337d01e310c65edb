import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Max,
  Min,
} from 'class-validator';
import { Describe } from '../describe';
import { Nested, NestedList } from '../nested';
import { Nullable, Optional } from '../presence';
import { IsDateTime, IsId, IsOperatorReason, IsTextList, IsUuid, IsWordList } from '../rules';
import { CONVERSATION_TOPICS } from '../topics';

const STATUSES = ['running', 'paused', 'aborted', 'done', 'failed'] as const;

@Describe('Which records a replay reads again; what is null does not restrict.')
export class ReplaySelectionState {
  @IsTextList()
  topics!: string[];

  @Nullable()
  @IsArray()
  @IsInt({ each: true })
  partitions!: number[] | null;

  @Describe('Of each partition.')
  @Nullable()
  @IsString()
  fromOffset!: string | null;

  @Describe('Of each partition, itself not included.')
  @Nullable()
  @IsString()
  toOffset!: string | null;

  @Describe('By the records’ timestamps.')
  @Nullable()
  @IsDateTime()
  from!: string | null;

  @Nullable()
  @IsDateTime()
  to!: string | null;

  @Describe('The subject.')
  @Nullable()
  @IsString()
  conversation!: string | null;

  @Describe('The records’ key.')
  @Nullable()
  @IsString()
  key!: string | null;

  @Describe('Of events.')
  @Nullable()
  @IsTextList()
  types!: string[] | null;
}

@Describe('A replay: records that were read again, so that those that were missed are applied.')
export class ReplayState {
  @IsUuid()
  id!: string;

  @IsIn(STATUSES)
  status!: (typeof STATUSES)[number];

  @Describe(
    'Whether it is said to be running, and was not heard of lately: its process is gone, or stands still.',
  )
  @IsBoolean()
  silent!: boolean;

  @Describe('Who began it: `/http/agent/…`, or whatever was said at the command line.')
  @IsString()
  startedBy!: string;

  @Nullable()
  @IsString()
  reason!: string | null;

  @IsDateTime()
  startedAt!: string;

  @Nullable()
  @IsDateTime()
  endedAt!: string | null;

  @Nested(() => ReplaySelectionState)
  selection!: ReplaySelectionState;

  @Describe('Records a second at most; null: as fast as it goes.')
  @Nullable()
  @IsNumber()
  rate!: number | null;

  @Describe('How many records were read.')
  @IsInt()
  @Min(0)
  read!: number;

  @Describe('How many of them were meant.')
  @IsInt()
  @Min(0)
  selected!: number;

  @Describe('How many records are still to be read.')
  @IsInt()
  @Min(0)
  left!: number;

  @Describe(
    'What came of those that were meant: `new`, `there`, `differs`, `tasks` and more, as `replay run --json` has them.',
  )
  @IsObject()
  counts!: Record<string, unknown>;

  @Describe('What ended it, where it failed.')
  @Nullable()
  @IsString()
  failure!: string | null;
}

@Describe('Which of the tenant’s records to read again; what is left out does not restrict.')
export class StartReplayBody {
  @Describe('Conversation topics; all three unless said.')
  @Optional()
  @IsWordList(Object.values(CONVERSATION_TOPICS))
  topics?: string[] | null;

  @Describe('Of each topic.')
  @Optional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsInt({ each: true })
  @Min(0, { each: true })
  partitions?: number[] | null;

  @Describe('Of each partition.')
  @Optional()
  @IsInt()
  @Min(0)
  fromOffset?: number | null;

  @Describe('Of each partition, itself not included.')
  @Optional()
  @IsInt()
  @Min(0)
  toOffset?: number | null;

  @Describe('Records from this moment on, by their timestamps: RFC 3339. No `fromOffset` beside it.')
  @Optional()
  @IsDateTime()
  from?: string | null;

  @Describe('Records before this moment: RFC 3339. No `toOffset` beside it.')
  @Optional()
  @IsDateTime()
  to?: string | null;

  @Describe('Of this conversation.')
  @Optional()
  @IsId()
  conversation?: string | null;

  @Describe('Under this record key.')
  @Optional()
  @IsId()
  key?: string | null;

  @Describe('Of these event types, such as `task.create.v1`.')
  @Optional()
  @IsTextList()
  types?: string[] | null;

  @Describe('Records a second at most; 200 unless said.')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  rate?: number | null;

  @Describe('Why, for the audit: 1 to 500 printable characters.')
  @Optional()
  @IsOperatorReason()
  reason?: string | null;
}

@Describe('A page of replays, the latest first.')
export class ReplayPage {
  @NestedList(() => ReplayState)
  items!: ReplayState[];

  @Nullable()
  @IsString()
  next!: string | null;
}
