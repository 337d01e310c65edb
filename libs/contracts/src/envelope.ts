import { Equals, IsString } from 'class-validator';
import { Describe } from './describe';
import { Optional } from './presence';
import {
  IsDateTime,
  IsEventId,
  IsId,
  IsSequenceText,
  IsSource,
  IsTenant,
  IsTraceparent,
  IsTypeName,
} from './rules';

@Describe('The attributes of a CloudEvent, version 1.0, as this product uses them. Others are ignored.')
export class CloudEventEnvelope {
  @Equals('1.0')
  specversion!: string;

  @Describe('With the tenant and the source, the event’s identity: 1–128 characters.')
  @IsEventId()
  id!: string;

  @Describe('1–512 characters.')
  @IsSource()
  source!: string;

  @IsTypeName()
  type!: string;

  @Describe(
    'When it happened: RFC 3339, a real date in 1970–9999. Everything computed from the event uses this clock.',
  )
  @IsDateTime()
  time!: string;

  @Describe('The tenant; absent means `default`.')
  @Optional()
  @IsTenant()
  tenantid?: string | null;

  @Describe('W3C trace context; one that is malformed is ignored. In binary mode a plain header.')
  @Optional()
  @IsTraceparent()
  traceparent?: string | null;
}

@Describe('The envelope of what arrives on the conversation topics: its subject is the conversation.')
export class ConversationEnvelope extends CloudEventEnvelope {
  @Describe('The conversation’s id: 1–128 printable characters.')
  @IsId()
  subject!: string;
}

@Describe(
  'The envelope of what arrives on the workforce topic. The record’s key says who or what it is about.',
)
export class WorkforceEnvelope extends CloudEventEnvelope {
  @Optional()
  @IsString()
  subject?: string | null;
}

@Describe('The envelope of what this product publishes.')
export class PublishedEnvelope extends CloudEventEnvelope {
  @IsTenant()
  declare tenantid: string;

  @Describe('The task’s id.')
  @IsId()
  subject!: string;

  @Describe('`source#id` of the event or request that caused it.')
  @IsString()
  causationid!: string;

  @Describe('The conversation’s id.')
  @IsId()
  correlationid!: string;

  @Describe('When this product recorded it, by the wall clock: CloudEvents’ extension `recordedtime`.')
  @Optional()
  @IsDateTime()
  recordedtime?: string | null;
}

@Describe('The envelope of an activity.')
export class ActivityEnvelope extends PublishedEnvelope {
  @Describe('1, 2, 3 … per task without gaps, as text.')
  @IsSequenceText()
  sequence!: string;
}
