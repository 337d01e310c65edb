import { randomUUID } from 'node:crypto';
import { type CreateTaskBody, type TaskVerb } from '#libs/contracts';
import { type ChangeTask, type Channel, type CreateTask, type Task, type TaskCommand } from '#libs/domain';
import { payloadHash } from '#libs/intake';
import { type TaskReader } from '#libs/persistence';
import { type Answer, type RequestDesk, type TaskRequest } from '#libs/processing';
import { actorOf, type Caller, hasOneOf } from '../auth/caller';
import { type Asked } from '../http/asked';
import { problem, type RequestProblem } from '../http/problem';

/** A task, and whether the same request was answered before. */
export interface Done {
  task: Task;
  repeated: boolean;
}

/** What a command is asked with, beside what it says. */
type Asking = Pick<Asked, 'caller' | 'idempotencyKey' | 'expectedVersion' | 'traceparent'>;

/** A command, and how it is asked. */
interface Command {
  verb: TaskVerb;
  says: object;
  asking: Asking;
}

/** Turns what is asked over HTTP into requests for the desk, and their answers into tasks or problems. */
export class TaskRequests {
  constructor(
    private readonly desk: RequestDesk,
    private readonly tasks: TaskReader,
    private readonly conversations: {
      find(tenantId: string, id: string): Promise<{ channel: Channel } | null>;
    },
  ) {}

  /** The Quick Action. @throws RequestProblem */
  async create(
    conversationId: string,
    { overrideReason, ...data }: CreateTaskBody,
    asking: Asking,
  ): Promise<Done> {
    const { caller } = asking;
    if (overrideReason != null && !hasOneOf(caller, ['lead', 'service']))
      throw problem(
        'forbidden',
        'overrideReason is for leads and services: an ended conversation gets no task from others',
      );
    // Its channel never changes; whether it has ended is looked up again under the shard's lock.
    const conversation = await this.conversations.find(caller.tenantId, conversationId);
    if (!conversation) throw noConversation(conversationId);
    const body: CreateTask = {
      type: 'task.create.v1',
      data: {
        ...data,
        taskId: data.taskId ?? undefined,
        due: data.due as CreateTask['data']['due'],
        reason: overrideReason,
        actor: actorOf(caller),
      },
    };
    const place = { conversationId, channel: conversation.channel };
    return this.#submit(place, body, asking, overrideReason == null ? 'active' : 'known');
  }

  /** A command to a task that exists. @throws RequestProblem */
  async change(taskId: string, verb: TaskVerb, says: object, asking: Asking): Promise<Done> {
    return this.#changeFound(await this.tasks.find(asking.caller.tenantId, taskId), taskId, {
      verb,
      says,
      asking,
    });
  }

  /** Commands to tasks that exist, each applied or refused by itself; those to tasks of the same conversation in the order given. */
  async changeMany(
    caller: Caller,
    commands: readonly (Command & { taskId: string })[],
  ): Promise<PromiseSettledResult<Done>[]> {
    // All are looked up before any is handed on, which is then at once: so they come to the desk in order.
    const ids = [...new Set(commands.map(({ taskId }) => taskId))];
    const found = await this.tasks.findAll(caller.tenantId, ids);
    return Promise.allSettled(
      commands.map(({ taskId, ...command }) => this.#changeFound(found.get(taskId) ?? null, taskId, command)),
    );
  }

  /** @param task its conversation and channel never change; all else is looked up again under the shard's lock. */
  async #changeFound(task: Task | null, taskId: string, { verb, says, asking }: Command): Promise<Done> {
    if (!task) throw noTask(taskId);
    const { caller, expectedVersion } = asking;
    const data = { ...says, taskId, actor: actorOf(caller), expectedVersion };
    return this.#submit(task, { type: `task.${verb}.v1`, data } as ChangeTask, asking, null);
  }

  async #submit(
    { conversationId, channel }: { conversationId: string; channel: Channel },
    body: TaskCommand,
    { caller, idempotencyKey, traceparent }: Asking,
    conversation: TaskRequest['conversation'],
  ): Promise<Done> {
    const time = new Date().toISOString();
    const event: TaskRequest['event'] = {
      tenantId: caller.tenantId,
      source: sourceOf(caller),
      id: idempotencyKey ?? randomUUID(),
      conversationId,
      channel,
      time,
      traceparent,
      payloadHash: hashOf(body, conversationId),
      origin: null,
      body,
    };
    const answer = await this.desk.submit({ event, conversation });
    if (answer.kind === 'done') return { task: answer.task, repeated: answer.repeated };
    throw problemOf(answer, conversationId);
  }
}

/** Of one caller's requests: another's key is another identity. */
function sourceOf(caller: Caller): string {
  const { kind, id } = actorOf(caller);
  return `/http/${kind}/${id}`;
}

/** What was asked, without when, and without what its sender had seen: asked again, that may have changed. */
function hashOf(body: TaskCommand, subject: string): Buffer {
  // Through JSON: what is undefined was not said.
  const data = JSON.parse(JSON.stringify({ ...body.data, expectedVersion: undefined })) as object;
  return payloadHash({ type: body.type, subject, time: '', data });
}

function problemOf(answer: Exclude<Answer, { kind: 'done' }>, conversationId: string): RequestProblem {
  switch (answer.kind) {
    case 'rejected': {
      const { rejection, task } = answer;
      return problem(rejection.code, rejection.detail, { ...(task && { task }) });
    }
    case 'other_payload':
      return problem(
        'idempotency_key_reused',
        'this Idempotency-Key was used for another request: take a new one',
      );
    case 'conversation_unknown':
      return noConversation(conversationId);
    case 'conversation_ended':
      return problem(
        'conversation_not_active',
        `the conversation ended at ${answer.endedAt}; a lead may create the task with an overrideReason`,
        { endedAt: answer.endedAt },
      );
  }
}

export function noTask(taskId: string): RequestProblem {
  return problem('task_not_found', `there is no task ${JSON.stringify(taskId)}`);
}

export function noConversation(id: string): RequestProblem {
  return problem('not_found', `there is no conversation ${JSON.stringify(id)}`);
}
