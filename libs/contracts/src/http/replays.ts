import { IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsString, Min } from 'class-validator';
import { Describe } from '../describe';
import { Nested, NestedList } from '../nested';
import { Nullable } from '../presence';
import { IsDateTime, IsTextList, IsUuid } from '../rules';

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

@Describe('A page of replays, the latest first.')
export class ReplayPage {
  @NestedList(() => ReplayState)
  items!: ReplayState[];

  @Nullable()
  @IsString()
  next!: string | null;
}
