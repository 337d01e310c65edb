import { IsBoolean, IsString } from 'class-validator';
import { Describe } from '../describe';
import { NestedList } from '../nested';
import { Nullable, Optional } from '../presence';
import { AgentData, CalendarData, TeamData } from '../workforce.events';
import { PolicyData } from '../workforce.policy';

export class WaitQuery {
  @Describe('Whether to wait until a worker has applied it: yes, unless `false`, which is answered with 202.')
  @Optional()
  @IsBoolean()
  wait?: boolean;
}

/** A page of anything of the workforce. */
abstract class WorkforcePage {
  @Nullable()
  @IsString()
  next!: string | null;
}

@Describe('A page of agents, by id.')
export class AgentPage extends WorkforcePage {
  @NestedList(() => AgentData)
  items!: AgentData[];
}

@Describe('A page of teams, by id.')
export class TeamPage extends WorkforcePage {
  @NestedList(() => TeamData)
  items!: TeamData[];
}

@Describe('A page of calendars, by id.')
export class CalendarPage extends WorkforcePage {
  @NestedList(() => CalendarData)
  items!: CalendarData[];
}

@Describe('A page of policies, by id.')
export class PolicyPage extends WorkforcePage {
  @NestedList(() => PolicyData)
  items!: PolicyData[];
}
