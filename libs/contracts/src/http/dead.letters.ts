import { IsBoolean, IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { Describe } from '../describe';
import { NestedList } from '../nested';
import { Nullable, Optional } from '../presence';
import { IsDateTime, IsId, IsOperatorReason, IsUuid, IsWordList } from '../rules';
import { CONVERSATION_TOPICS, WORKFORCE_TOPIC } from '../topics';
import { DEAD_LETTER_STAGES, LETTER_STATES } from '../vocabulary';
import { PageQuery } from './queries';

const READ_TOPICS = [...Object.values(CONVERSATION_TOPICS), WORKFORCE_TOPIC];
/** What a redrive of a letter comes to. */
export const REDRIVE_RESULTS = [
  'applied',
  'duplicate',
  'rejected',
  'outdated',
  'skipped',
  'failed',
  'gone',
] as const;

type LetterState = (typeof LETTER_STATES)[number];
type Stage = (typeof DEAD_LETTER_STAGES)[number];

export class DeadLetterListQuery extends PageQuery {
  @Describe('Where they stand; `open,quarantined` unless said: those that somebody should look at.')
  @Optional()
  @IsWordList(LETTER_STATES)
  state?: LetterState[];

  @Describe('Of this code.')
  @Optional()
  @IsId()
  code?: string;

  @Describe('That failed at this stage.')
  @Optional()
  @IsIn(DEAD_LETTER_STAGES)
  stage?: Stage;

  @Describe('Whose record was read there; without the deployment’s prefix.')
  @Optional()
  @IsIn(READ_TOPICS)
  topic?: string;

  @Describe('Whose record was read in this partition.')
  @Optional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  partition?: number;

  @Describe('That failed at this moment or after it: RFC 3339.')
  @Optional()
  @IsDateTime()
  since?: string;

  @Describe('That failed before this moment: RFC 3339.')
  @Optional()
  @IsDateTime()
  until?: string;
}

@Describe('A dead letter, as it failed last: what could not be read or applied, and why.')
export class DeadLetterState {
  @Describe('`<topic>/<partition>@<offset>`, as the command line has it. In a path: percent-encoded.')
  @IsString()
  id!: string;

  @Describe('Where its record was read; without the deployment’s prefix.')
  @IsString()
  topic!: string;

  @IsInt()
  @Min(0)
  partition!: number;

  @IsString()
  offset!: string;

  @Describe(
    'What became of it. `quarantined`: it has failed three times. `redriven` and `discarded` need nobody any more.',
  )
  @IsIn(LETTER_STATES)
  state!: LetterState;

  @IsIn(DEAD_LETTER_STAGES)
  stage!: Stage;

  @Describe('Why, for machines.')
  @IsString()
  code!: string;

  @Describe('Why, for people; the beginning of it, where it is long.')
  @IsString()
  message!: string;

  @Describe('When it failed last.')
  @IsDateTime()
  at!: string;

  @Describe('How often it has failed.')
  @IsInt()
  @Min(1)
  attempt!: number;
}

@Describe(
  'A page of dead letters. It may have fewer than its limit, or none, and a page behind it all the same: no page reads the whole topic.',
)
export class DeadLetterPage {
  @NestedList(() => DeadLetterState)
  items!: DeadLetterState[];

  @Nullable()
  @IsString()
  next!: string | null;
}

@Describe('Why a dead letter is applied, and whether it is although it needs naming.')
export class RedriveBody {
  @Describe('Why, for the audit: 1 to 500 printable characters.')
  @Optional()
  @IsOperatorReason()
  reason?: string | null;

  @Describe('Also when it is quarantined.')
  @Optional()
  @IsBoolean()
  quarantined?: boolean | null;

  @Describe('Also when it was discarded.')
  @Optional()
  @IsBoolean()
  discarded?: boolean | null;
}

@Describe('Why nothing will be done about a dead letter.')
export class DiscardBody {
  @Describe('For the audit: 1 to 500 printable characters.')
  @IsOperatorReason()
  reason!: string;
}

@Describe('What became of a dead letter.')
export class DeadLetterOutcome {
  @IsString()
  id!: string;

  @Describe('Where it stands now.')
  @IsIn(LETTER_STATES)
  state!: LetterState;

  @Describe('The operation that did it, as the audit has it; null when there was nothing to do any more.')
  @Nullable()
  @IsUuid()
  operationId!: string | null;

  @Describe(
    'What the redrive came to. `skipped` and `failed` leave the letter as it is, `failed` with one failure more; the others settle it.',
  )
  @Optional()
  @IsIn(REDRIVE_RESULTS)
  result?: (typeof REDRIVE_RESULTS)[number];

  @Describe('How many tasks were created, of what was applied.')
  @Optional()
  @IsInt()
  @Min(0)
  tasks?: number;

  @Describe('How many warnings there were, of what was applied.')
  @Optional()
  @IsInt()
  @Min(0)
  warnings?: number;

  @Describe(
    'Whether the same was applied before, of a duplicate; else another payload under its identity stands.',
  )
  @Optional()
  @IsBoolean()
  samePayload?: boolean;

  @Describe('Why it was rejected or failed, for machines.')
  @Optional()
  @IsString()
  code?: string;

  @Describe('Where it failed.')
  @Optional()
  @IsIn(DEAD_LETTER_STAGES)
  stage?: Stage;

  @Describe('Why it failed, for people.')
  @Optional()
  @IsString()
  message?: string;

  @Describe('The type that nobody here knows, of what was skipped.')
  @Optional()
  @IsString()
  type?: string;
}
