import { IsBoolean, IsInt, IsObject, IsString, Min } from 'class-validator';
import { Describe } from '../describe';
import { NestedList } from '../nested';
import { Nullable, Optional } from '../presence';
import { IsDateTime, IsId, IsObjectList } from '../rules';

@Describe(
  'A flow: which outcomes become tasks. What is in `on` and `nodes` is checked when it is saved, expression by expression.',
)
export class FlowBody {
  @Describe('May be left out: it is in the path.')
  @Optional()
  @IsId()
  id?: string | null;

  @IsString()
  name!: string;

  @Describe('Which events: `{"type": "conversation.outcome.v1", "channels": ["call"]}`.')
  @IsObject()
  on!: Record<string, unknown>;

  @Describe('Its Create Task nodes.')
  @IsObjectList()
  nodes!: Record<string, unknown>[];
}

@Describe('A version of a flow.')
export class FlowVersionState {
  @IsId()
  id!: string;

  @Describe('1, 2, 3 …; the greatest is the live one.')
  @IsInt()
  @Min(1)
  version!: number;

  @Describe('The flow, as it was saved.')
  @IsObject()
  definition!: Record<string, unknown>;

  @IsDateTime()
  savedAt!: string;
}

@Describe('A flow that was saved.')
export class SavedFlow extends FlowVersionState {
  @Describe('Whether this is a new version; a flow that is as it was gets none.')
  @IsBoolean()
  changed!: boolean;
}

@Describe('The live version of each flow.')
export class FlowList {
  @NestedList(() => FlowVersionState)
  items!: FlowVersionState[];
}

@Describe('A page of a flow’s versions, newest first.')
export class FlowVersionPage {
  @NestedList(() => FlowVersionState)
  items!: FlowVersionState[];

  @Nullable()
  @IsString()
  next!: string | null;
}
