import { IsInt, IsString, Min } from 'class-validator';
import { Describe } from '../describe';
import { Nested, NestedList } from '../nested';
import { Nullable } from '../presence';

@Describe(
  'How far one input partition was read. Offsets are those of the next record, as text: they may be large.',
)
export class PartitionLagState {
  @IsString()
  topic!: string;

  @IsInt()
  @Min(0)
  partition!: number;

  @Describe('The consumer group’s; null when it has committed nothing.')
  @Nullable()
  @IsString()
  committed!: string | null;

  @Describe('The one stored with the data, which counts; null when nothing was stored.')
  @Nullable()
  @IsString()
  stored!: string | null;

  @IsString()
  end!: string;

  @Describe('Records not applied yet.')
  @IsString()
  lag!: string;
}

@Describe('How far one shard of a log was published.')
export class ShardLagState {
  @IsString()
  topic!: string;

  @IsInt()
  @Min(0)
  shard!: number;

  @Describe('The log’s last position.')
  @IsString()
  head!: string;

  @Describe('The last position that was published.')
  @IsString()
  published!: string;

  @IsString()
  lag!: string;
}

@Describe('Both together.')
export class LagTotals {
  @Describe('Records not applied yet.')
  @IsString()
  inputs!: string;

  @Describe('Entries not published yet.')
  @IsString()
  relay!: string;
}

@Describe('What is still to be read, and still to be published, of all tenants.')
export class LagState {
  @NestedList(() => PartitionLagState)
  inputs!: PartitionLagState[];

  @NestedList(() => ShardLagState)
  relay!: ShardLagState[];

  @Nested(() => LagTotals)
  totals!: LagTotals;
}
