// A peer, written the way Nest's documentation shows: its Kafka transport, a pipe that validates, one TypeORM transaction a message
// with identity, conversation, task and activity, and `ClientKafka.emit`.
import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import { Controller, Inject, Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  ClientsModule,
  Ctx,
  EventPattern,
  KafkaContext,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Partitioners } from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '#libs/persistence';

const { KAFKA_BROKERS, KAFKA_GROUP_ID, TOPIC_PREFIX, DATABASE_URL, PEER_CONCURRENCY = '12' } = process.env;
const brokers = KAFKA_BROKERS!.split(',');
const positions = new Map<number, number>();

class ActorDto {
  @IsIn(['agent', 'ai_agent', 'service']) kind: string;
  @IsString() @IsNotEmpty() id: string;
}

class CreateTaskDto {
  @IsIn(['follow_up', 'internal']) type: string;
  @IsIn(['low', 'medium', 'high', 'critical']) priority: string;
  @IsString() @MaxLength(500) title: string;
  @IsOptional() @IsString() description?: string;
  @IsOptional() due?: { in: string };
  @ValidateNested() @Type(() => ActorDto) actor: ActorDto;
}

@Controller()
class TasksController {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    @Inject('ACTIVITY') private readonly client: ClientKafka,
  ) {}

  @EventPattern(`${TOPIC_PREFIX}conversation-events.call`)
  async create(@Payload() data: CreateTaskDto, @Ctx() context: KafkaContext): Promise<void> {
    const message = context.getMessage();
    const headers = message.headers as Record<string, unknown>;
    const partition = context.getPartition();
    const header = (name: string): string => String(headers[name]);
    const [source, eventId, tenantId] = [header('ce_source'), header('ce_id'), header('ce_tenantid')];
    const [conversationId, time] = [header('ce_subject'), header('ce_time')];
    const [taskId, recordedAt] = [randomUUID(), new Date().toISOString()];
    // In the process alone, which one worker may do: looked up in the database it would cost the peer a statement more.
    const position = (positions.get(partition) ?? 0) + 1;
    positions.set(partition, position);
    const hash = createHash('sha256').update(JSON.stringify(data)).digest();
    const dueAt = new Date(Date.parse(time) + 4 * 3_600_000).toISOString();
    const { type, priority, title, description = null, actor } = data;
    const draft = { type, priority, title, description, dueAt, status: 'to_do' };
    const task = {
      ...{
        id: taskId,
        tenantId,
        conversationId,
        channel: 'call',
        ...draft,
        assignee: null,
        claimedBy: null,
        createdBy: actor,
      },
      ...{
        createdAt: time,
        updatedAt: time,
        startedAt: null,
        resolvedAt: null,
        resolution: null,
        overdue: false,
        version: 1,
      },
    };
    const changes = Object.entries(draft).map(([field, to]) => ({ field, from: null, to }));
    const cause = {
      source,
      id: eventId,
      topic: context.getTopic(),
      partition,
      offset: Number(message.offset),
    };
    const activity = { taskId, conversationId, channel: 'call', sequence: 1, actor, changes, task, cause };

    await this.db.transaction(async (manager) => {
      await manager.query(`select set_config('conversation_tasks.tenants', $1::text[]::text, true)`, [
        [tenantId],
      ]);
      await manager.insert('AppliedEventEntity', {
        ...{
          tenantId,
          source,
          eventId,
          type: 'task.create.v1',
          became: 'applied',
          payloadHash: hash,
          shard: partition,
        },
        ...{
          conversationId,
          topic: 'conversation-events.call',
          partition,
          offset: message.offset,
          recordedAt,
        },
      });
      await manager.upsert(
        'ConversationEntity',
        { tenantId, id: conversationId, shard: partition, channel: 'call', firstEventAt: time },
        ['tenantId', 'id'],
      );
      await manager.insert('TaskEntity', {
        ...{
          tenantId,
          id: taskId,
          shard: partition,
          conversationId,
          channel: 'call',
          type,
          priority,
          status: 'to_do',
          title,
        },
        ...{
          description,
          dueAt,
          createdByKind: actor.kind,
          createdById: actor.id,
          createdAt: time,
          updatedAt: time,
        },
        ...{ overdue: false, version: 1, originSource: source, originEventId: eventId, originKey: hash },
      });
      await manager.insert('ActivityLogEntity', {
        ...{ shard: partition, position: String(position), tenantId, taskId, sequence: 1, conversationId },
        ...{
          type: 'task.created.v1',
          occurredAt: time,
          recordedAt,
          causeSource: source,
          causeId: eventId,
          data: activity,
        },
      });
    });
    await lastValueFrom(
      this.client.emit(`${TOPIC_PREFIX}task-activity`, {
        key: taskId,
        value: JSON.stringify(activity),
        partition,
        headers: {
          ...{
            'content-type': 'application/json',
            ce_specversion: '1.0',
            ce_id: `${taskId}:1`,
            ce_type: 'task.created.v1',
          },
          ...{
            ce_source: '/conversation-tasks',
            ce_subject: taskId,
            ce_time: time,
            ce_tenantid: tenantId,
            ce_sequence: '1',
          },
          ...{
            ce_recordedtime: recordedAt,
            ce_causationid: `${source}#${eventId}`,
            ce_correlationid: conversationId,
          },
          position: String(position),
        },
      }),
    );
  }
}

const producer = { createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false };

@Module({
  imports: [
    TypeOrmModule.forRoot(dataSourceOptions({ url: DATABASE_URL!, poolSize: 15 })),
    ClientsModule.register([
      {
        name: 'ACTIVITY',
        transport: Transport.KAFKA,
        options: {
          client: { clientId: 'peer-out', brokers },
          producerOnlyMode: true,
          producer,
          send: { acks: -1 },
        },
      },
    ]),
  ],
  controllers: [TasksController],
})
class PeerModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(PeerModule, {
    logger: ['error'],
    transport: Transport.KAFKA,
    options: {
      client: { clientId: 'peer', brokers },
      consumer: { groupId: KAFKA_GROUP_ID!, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 },
      run: { partitionsConsumedConcurrently: Number(PEER_CONCURRENCY) },
      subscribe: { fromBeginning: true },
      producer,
    },
  });
  app.useGlobalPipes(new ValidationPipe({ transform: true }));
  await app.listen();
  process.on('SIGTERM', () => process.exit(0));
}

void main();
