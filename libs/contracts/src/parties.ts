import { IsIn, IsString } from 'class-validator';
import { Describe } from './describe';
import { Optional } from './presence';
import { IsId } from './rules';

@Describe('The customer of a conversation.')
export class CustomerRef {
  @Describe('The customer’s id: 1–128 printable characters.')
  @IsId()
  id!: string;

  @Describe('What to call the customer.')
  @Optional()
  @IsString()
  name?: string | null;

  @Describe('Where the customer is reached: a telephone number, a handle.')
  @Optional()
  @IsString()
  address?: string | null;
}

@Describe('Who has the conversation for us: a person or an AI agent.')
export class AgentRef {
  @IsIn(['agent', 'ai_agent'])
  kind!: 'agent' | 'ai_agent';

  @IsId()
  id!: string;
}

@Describe('Who wrote a message.')
export class MessageAuthor {
  @IsIn(['customer', 'agent', 'ai_agent'])
  kind!: 'customer' | 'agent' | 'ai_agent';

  @IsId()
  id!: string;
}

@Describe('Who gives a command.')
export class CommandActor {
  @IsIn(['agent', 'ai_agent', 'service'])
  kind!: 'agent' | 'ai_agent' | 'service';

  @IsId()
  id!: string;
}

@Describe('Who did something to a task: also a flow, or the system itself (timers).')
export class ActivityActor {
  @IsIn(['agent', 'ai_agent', 'flow', 'service', 'system'])
  kind!: 'agent' | 'ai_agent' | 'flow' | 'service' | 'system';

  @IsId()
  id!: string;
}

@Describe('Who is to do a task: a person or a team.')
export class AssigneeRef {
  @IsIn(['agent', 'team'])
  kind!: 'agent' | 'team';

  @IsId()
  id!: string;
}
