import { IsIn, IsNumber, IsObject, IsString, Max, Min } from 'class-validator';
import { Describe } from './describe';
import { Nested } from './nested';
import { AgentRef, CustomerRef, MessageAuthor } from './parties';
import { Optional } from './presence';
import { IsBoundedText, IsId } from './rules';
import { CHANNELS, type WireChannel } from './vocabulary';

/** What every conversation event says. */
export abstract class ConversationEventData {
  @Describe('The conversation’s channel: must be that of the topic.')
  @IsIn(CHANNELS)
  channel!: WireChannel;
}

@Describe('conversation.started.v1: a conversation began.')
export class ConversationStartedData extends ConversationEventData {
  @Nested(() => CustomerRef)
  customer!: CustomerRef;

  @Describe('Who has it at its start.')
  @Optional()
  @Nested(() => AgentRef)
  agent?: AgentRef | null;
}

@Describe('conversation.message.v1: somebody said or wrote something.')
export class ConversationMessageData extends ConversationEventData {
  @Describe('The message’s own id: the same message is the same row, however often it arrives.')
  @IsId()
  messageId!: string;

  @Nested(() => MessageAuthor)
  from!: MessageAuthor;

  @Describe('At most 16 KiB in UTF-8; may be empty.')
  @IsBoundedText()
  text!: string;
}

@Describe(
  'conversation.outcome.v1: what an AI agent’s flow concluded. Any further fields are kept, and flows may read them.',
)
export class ConversationOutcomeData extends ConversationEventData {
  @Optional()
  @Nested(() => CustomerRef)
  customer?: CustomerRef | null;

  @Describe('The AI agent’s flow.')
  @IsId()
  flowId!: string;

  @IsString()
  intent!: string;

  @IsString()
  result!: string;

  @Describe('What the flow gathered, by name.')
  @IsObject()
  slots!: Record<string, unknown>;

  @Optional()
  @IsString()
  summary?: string | null;

  @Describe('From −1, very unhappy, to 1.')
  @Optional()
  @IsNumber()
  @Min(-1)
  @Max(1)
  sentiment?: number | null;
}

@Describe('conversation.ended.v1: the conversation is over.')
export class ConversationEndedData extends ConversationEventData {
  @IsString()
  reason!: string;
}
