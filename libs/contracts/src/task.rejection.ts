import { IsIn, IsObject, IsString } from 'class-validator';
import { Describe } from './describe';
import { Nested } from './nested';
import { IsDateTime, IsId, IsTypeName } from './rules';
import { REJECTION_CODES } from './vocabulary';
import { CauseRef } from './task.activity';

@Describe('The command that was refused.')
export class RejectedCommand {
  @Describe('Its event type, such as task.create.v1.')
  @IsTypeName()
  type!: string;

  @Describe('The conversation it was sent in.')
  @IsId()
  subject!: string;

  @IsDateTime()
  time!: string;

  @Describe('Its data, as it was sent.')
  @IsObject()
  data!: Record<string, unknown>;
}

@Describe(
  'task.command_rejected.v1: a valid message that the rules refuse. A rejection stands: the same event later is a duplicate; send a new one to try again.',
)
export class CommandRejectedData {
  @IsIn(REJECTION_CODES)
  code!: (typeof REJECTION_CODES)[number];

  @Describe('For people: what stood in the way.')
  @IsString()
  detail!: string;

  @Nested(() => RejectedCommand)
  command!: RejectedCommand;

  @Nested(() => CauseRef)
  cause!: CauseRef;
}
