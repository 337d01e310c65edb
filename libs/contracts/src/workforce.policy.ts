import { ArrayMaxSize, IsBoolean, IsIn } from 'class-validator';
import { Describe } from './describe';
import { LIMITS } from './limits';
import { Nested, NestedList } from './nested';
import { AssigneeRef } from './parties';
import { Optional } from './presence';
import { IsDurationText, IsId } from './rules';
import { PRIORITIES } from './vocabulary';

type PriorityWord = (typeof PRIORITIES)[number];

@Describe('As `before`, for tasks of one priority; where a priority is absent, `before` stands.')
export class DueSoonByPriority {
  @Optional()
  @IsDurationText()
  low?: string | null;

  @Optional()
  @IsDurationText()
  medium?: string | null;

  @Optional()
  @IsDurationText()
  high?: string | null;

  @Optional()
  @IsDurationText()
  critical?: string | null;
}

@Describe('When `task.due_soon.v1` is said.')
export class DueSoonSettings {
  @Describe('How long before the due date: an ISO 8601 duration, by the clock. PT0S: never.')
  @IsDurationText()
  before!: string;

  @Optional()
  @Nested(() => DueSoonByPriority)
  byPriority?: DueSoonByPriority | null;
}

@Describe('One step of an escalation.')
export class EscalationStep {
  @Describe('How long after the due date, by the clock: an ISO 8601 duration; PT0S is at once.')
  @IsDurationText()
  after!: string;

  @Describe('The priority the task then has, where it is lower; absent: as it is.')
  @Optional()
  @IsIn(PRIORITIES)
  priority?: PriorityWord | null;

  @Describe('Who then has the task; absent: whoever has it.')
  @Optional()
  @Nested(() => AssigneeRef)
  assignee?: AssigneeRef | null;
}

@Describe('What becomes of an overdue task that nobody ends.')
export class EscalationSettings {
  @Describe('In order of time; each is taken once per due date. At most 10.')
  @NestedList(() => EscalationStep)
  @ArrayMaxSize(LIMITS.escalationSteps)
  steps!: EscalationStep[];
}

@Describe('Whether a conversation’s later events wait behind one that was dead-lettered.')
export class ParkingSettings {
  @IsBoolean()
  enabled!: boolean;
}

@Describe('How long, and by whom, a claim of a team’s task is held.')
export class ClaimSettings {
  @Describe(
    'How long after its holder’s last activity a claim goes back to the team: an ISO 8601 duration, by the clock. Absent: never.',
  )
  @Optional()
  @IsDurationText()
  idleFor?: string | null;

  @Describe(
    'Whether a claim goes back to the team when its holder goes offline, leaves the team or is removed. Absent: no, it is flagged.',
  )
  @Optional()
  @IsBoolean()
  returnWhenGone?: boolean | null;
}

@Describe('What a team does otherwise than its tenant’s policy says.')
export class TeamSettings {
  @Optional()
  @Nested(() => DueSoonSettings)
  dueSoon?: DueSoonSettings | null;

  @Optional()
  @Nested(() => EscalationSettings)
  escalation?: EscalationSettings | null;

  @Optional()
  @Nested(() => ClaimSettings)
  claims?: ClaimSettings | null;
}

@Describe('workforce.policy.v1: how a tenant works. A tenant has one, by convention with the id `default`.')
export class PolicyData {
  @IsId()
  id!: string;

  @Describe('The team that gets a flow’s task whose assignee is missing or unknown; absent: nobody gets it.')
  @Optional()
  @IsId()
  defaultTeam?: string | null;

  @Optional()
  @Nested(() => DueSoonSettings)
  dueSoon?: DueSoonSettings | null;

  @Optional()
  @Nested(() => EscalationSettings)
  escalation?: EscalationSettings | null;

  @Optional()
  @Nested(() => ParkingSettings)
  parking?: ParkingSettings | null;
}
