import { IsArray, IsIn, IsString } from 'class-validator';
import { Describe } from './describe';
import { LIMITS } from './limits';
import { Nested } from './nested';
import { Optional, OptionalNotNull } from './presence';
import { IsByWeekday, IsDateList, IsId, IsIdList, IsSpanList, IsZone } from './rules';
import { AGENT_ROLES, AVAILABILITIES } from './vocabulary';
import { TeamSettings } from './workforce.policy';

@Describe('workforce.agent.v1: a person, as a whole; what is absent is not so.')
export class AgentData {
  @IsId()
  id!: string;

  @IsString()
  name!: string;

  @Optional()
  @IsString()
  email?: string | null;

  @IsIn(AVAILABILITIES)
  availability!: (typeof AVAILABILITIES)[number];

  @Describe('Absent means `["agent"]`.')
  @Optional()
  @IsArray()
  @IsIn(AGENT_ROLES, { each: true })
  roles?: (typeof AGENT_ROLES)[number][] | null;

  @Describe('The ids of the teams the person is a member of; absent means none.')
  @Optional()
  @IsIdList(LIMITS.idCharacters)
  teams?: string[] | null;
}

@Describe('workforce.team.v1: a team, as a whole.')
export class TeamData {
  @IsId()
  id!: string;

  @IsString()
  name!: string;

  @Describe('The id of the calendar it works by.')
  @Optional()
  @IsId()
  calendar?: string | null;

  @Optional()
  @Nested(() => TeamSettings)
  settings?: TeamSettings | null;
}

const IsDay = () => IsSpanList(LIMITS.spansADay);

@Describe(
  'Working time by weekday; a day that is absent is free. A span that ends before it begins goes on into the next day.',
)
export class WeekHours {
  @OptionalNotNull()
  @IsDay()
  mon?: [string, string][];

  @OptionalNotNull()
  @IsDay()
  tue?: [string, string][];

  @OptionalNotNull()
  @IsDay()
  wed?: [string, string][];

  @OptionalNotNull()
  @IsDay()
  thu?: [string, string][];

  @OptionalNotNull()
  @IsDay()
  fri?: [string, string][];

  @OptionalNotNull()
  @IsDay()
  sat?: [string, string][];

  @OptionalNotNull()
  @IsDay()
  sun?: [string, string][];
}

@Describe('workforce.calendar.v1: working time, as a whole.')
export class CalendarData {
  @IsId()
  id!: string;

  @Describe('An IANA time zone; the hours are its local times.')
  @IsZone()
  timezone!: string;

  @IsByWeekday()
  @Nested(() => WeekHours)
  hours!: WeekHours;

  @Describe('Days without working time: `2026-12-25`. Absent means none.')
  @Optional()
  @IsDateList(LIMITS.holidays)
  holidays?: string[] | null;
}
