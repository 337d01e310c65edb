import { IsIn, IsString } from 'class-validator';
import { Describe } from './describe';
import { IsDateTime } from './rules';
import { DEAD_LETTER_STAGES } from './vocabulary';

@Describe(
  'The headers added to a dead letter, all of them text. Its own headers, its key and its value are the original’s, byte for byte.',
)
export class DeadLetterHeaders {
  @Describe(
    'Where it was read: the topic, without the deployment’s prefix. With partition and offset it identifies the dead letter.',
  )
  @IsString()
  'errors.topic'!: string;

  @IsString()
  'errors.partition'!: string;

  @IsString()
  'errors.offset'!: string;

  @IsIn(DEAD_LETTER_STAGES)
  'errors.stage'!: (typeof DEAD_LETTER_STAGES)[number];

  @Describe('Why, for machines.')
  @IsString()
  'errors.code'!: string;

  @Describe('Why, for people; names the field.')
  @IsString()
  'errors.message'!: string;

  @IsDateTime()
  'errors.at'!: string;

  @Describe('1 for the first failure.')
  @IsString()
  'errors.attempt'!: string;
}
