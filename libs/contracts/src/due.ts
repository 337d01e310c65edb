import { Describe } from './describe';
import { OptionalNotNull } from './presence';
import { IsDateTime, IsDurationText, IsId } from './rules';

@Describe(
  'When a task is due: at a moment, in a duration after the event’s time, or in a duration of a calendar’s working time after it. Exactly one of the three forms.',
)
export class DueSpec {
  @Describe('The moment: RFC 3339.')
  @OptionalNotNull()
  @IsDateTime()
  at?: string;

  @Describe('How long after the event’s time: an ISO 8601 duration.')
  @OptionalNotNull()
  @IsDurationText()
  in?: string;

  @Describe('The calendar in whose working time `in` is counted.')
  @OptionalNotNull()
  @IsId()
  calendar?: string;
}
