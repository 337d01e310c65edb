import { Controller, Res } from '@nestjs/common';
import { type Response } from 'express';
import { Logger } from 'nestjs-pino';
import {
  CALLER_ROLES,
  ActivityPage,
  AssignBody,
  BulkAnswer,
  BulkBody,
  CommentBody,
  isUuid,
  type ProblemCode,
  ReasonBody,
  ResolveBody,
  strictValidator,
  PageQuery,
  TASK_VERBS,
  TaskListQuery,
  TaskPage,
  TaskState,
  type TaskVerb,
  UpdateTaskBody,
} from '#libs/contracts';
import { personFrom, TAKES_IN_HAND } from '#libs/domain';
import { TaskLists, TaskReader, WorkforceReader } from '#libs/persistence';
import { actorOf } from '../auth/caller';
import { type Asked, AskedOf } from '../http/asked';
import { type Endpoint, Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { invalid } from '../http/problem';
import { asProblem, logFailure, problemBody } from '../http/problem.filter';
import { checked } from '../http/reading';
import { answerWith } from './task.answer';
import { noTask, TaskRequests } from './task.requests';

const WRITERS = ['agent', 'lead', 'service'] as const;
/** What the rules may say of any command to a task that exists. */
const REFUSALS: ProblemCode[] = [
  'task_not_found',
  'not_allowed',
  'not_available',
  'stale_version',
  'idempotency_key_reused',
  'too_large',
  'unsupported_media_type',
];

/** A route of one command. */
const command = (
  verb: TaskVerb,
  summary: string,
  problems: ProblemCode[],
  over: Partial<Endpoint> = {},
): Endpoint => ({
  method: 'POST',
  path: `/tasks/{id}/${verb}`,
  name: `${verb}Task`,
  summary,
  group: 'Tasks',
  roles: WRITERS,
  body: TASK_VERBS[verb],
  bodyOptional: TASK_VERBS[verb] === ReasonBody || TASK_VERBS[verb] === ResolveBody,
  ifMatch: true,
  idempotent: true,
  answer: TaskState,
  problems: [...REFUSALS, ...(TAKES_IN_HAND.includes(verb) ? ['already_claimed' as const] : []), ...problems],
  ...over,
});

@Controller()
export class TasksController {
  constructor(
    private readonly reader: TaskReader,
    private readonly lists: TaskLists,
    private readonly requests: TaskRequests,
    private readonly workforce: WorkforceReader,
    private readonly logger: Logger,
  ) {}

  @Serves({
    method: 'GET',
    path: '/tasks',
    name: 'listTasks',
    summary: 'The tenant’s tasks, filtered and sorted; or the caller’s own queue.',
    group: 'Tasks',
    roles: CALLER_ROLES,
    query: TaskListQuery,
    answer: TaskPage,
  })
  async list(@AskedOf() { caller, query }: Asked<unknown, TaskListQuery>): Promise<TaskPage> {
    const { limit, cursor, total, sort, queue, q: words, ...filters } = query;
    const { tenantId } = caller;
    if (queue) {
      refuseBeside('queue', { ...filters, q: words, sort, total });
      if (actorOf(caller).kind !== 'agent')
        throw invalid([{ field: 'queue', message: 'queue is an agent’s, and the token is a service’s' }]);
      const pages = new Pages({ limit, cursor }, [tenantId, 'queue', caller.id]);
      const agent = await this.workforce.find(tenantId, 'agent', caller.id);
      const whose = { agentId: caller.id, teams: agent ? personFrom(caller.id, agent).teams : [] };
      return pages.answer(await this.lists.queue(tenantId, whose, pages.after, pages.limit));
    }
    const by = sort ?? '-createdAt';
    const question = {
      ...filters,
      ...(words !== undefined && { words }),
      sort: by.replace('-', '') as 'createdAt' | 'dueAt' | 'priority',
      descending: by.startsWith('-'),
    };
    const pages = new Pages({ limit, cursor }, [tenantId, Object.entries(question).sort()]);
    const page = await this.lists.page(tenantId, question, pages.after, pages.limit);
    return {
      ...pages.answer(page),
      ...(total === true && { total: await this.lists.count(tenantId, question) }),
    };
  }

  @Serves({
    method: 'GET',
    path: '/tasks/{id}',
    name: 'getTask',
    summary: 'A task, with its version as ETag.',
    group: 'Tasks',
    roles: CALLER_ROLES,
    answer: TaskState,
    problems: ['task_not_found'],
  })
  async get(
    @AskedOf() { caller, params }: Asked,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskState> {
    const task = await this.reader.find(caller.tenantId, taskIdIn(params));
    if (!task) throw noTask(params.id!);
    response.setHeader('etag', `"${task.version}"`);
    return task;
  }

  @Serves({
    method: 'GET',
    path: '/tasks/{id}/activity',
    name: 'listTaskActivity',
    summary: 'What happened to a task, oldest first.',
    group: 'Tasks',
    roles: CALLER_ROLES,
    query: PageQuery,
    answer: ActivityPage,
    problems: ['task_not_found'],
  })
  async activity(@AskedOf() { caller, params, query }: Asked<unknown, PageQuery>): Promise<ActivityPage> {
    const taskId = taskIdIn(params);
    const pages = new Pages(query, [caller.tenantId, 'activity', taskId]);
    const after = Number(pages.after?.[0] ?? 0);
    const page = await this.reader.activity(caller.tenantId, taskId, after, pages.limit);
    if (!page) throw noTask(taskId);
    const { items, next } = pages.answer(page);
    return { items: items.map((item) => ({ ...item, data: JSON.parse(item.data) as never })), next };
  }

  @Serves(
    command(
      'update',
      'Changes priority, due date, title, description or type. What is absent stays.',
      ['invalid_due', 'illegal_transition'],
      {
        method: 'PATCH',
        path: '/tasks/{id}',
      },
    ),
  )
  update(@AskedOf() asked: Asked<UpdateTaskBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('update', asked, response);
  }

  @Serves(
    command('assign', 'Gives the task to an agent, to a team or to nobody; a claim is cleared.', [
      'unknown_assignee',
      'illegal_transition',
    ]),
  )
  assign(@AskedOf() asked: Asked<AssignBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('assign', asked, response);
  }

  @Serves(command('claim', 'The caller takes a team’s task.', ['illegal_transition']))
  claim(@AskedOf() asked: Asked<ReasonBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('claim', asked, response);
  }

  @Serves(command('release', 'A claim is given back to the team.', ['illegal_transition']))
  release(@AskedOf() asked: Asked<ReasonBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('release', asked, response);
  }

  @Serves(command('start', 'To do → in progress.', ['illegal_transition']))
  start(@AskedOf() asked: Asked<ReasonBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('start', asked, response);
  }

  @Serves(command('resolve', 'To do or in progress → resolved.', ['illegal_transition']))
  resolve(@AskedOf() asked: Asked<ResolveBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('resolve', asked, response);
  }

  @Serves(command('reopen', 'Resolved or cancelled → to do.', ['illegal_transition']))
  reopen(@AskedOf() asked: Asked<ReasonBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('reopen', asked, response);
  }

  @Serves(command('cancel', 'To do or in progress → cancelled.', ['illegal_transition']))
  cancel(@AskedOf() asked: Asked<ReasonBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('cancel', asked, response);
  }

  @Serves(command('comment', 'Says something about the task.', [], { path: '/tasks/{id}/comments' }))
  comment(@AskedOf() asked: Asked<CommentBody>, @Res({ passthrough: true }) response: Response) {
    return this.#change('comment', asked, response);
  }

  @Serves({
    method: 'POST',
    path: '/tasks/bulk',
    name: 'changeTasks',
    summary: 'Many commands, each applied or refused by itself; each has its result, in order.',
    group: 'Tasks',
    roles: WRITERS,
    body: BulkBody,
    idempotent: true,
    answer: BulkAnswer,
    problems: ['too_large', 'unsupported_media_type'],
  })
  async bulk(
    @AskedOf() asked: Asked<BulkBody>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BulkAnswer> {
    // All are read before any is applied: a request that is not valid has no effect at all.
    asked.body.items.forEach(({ command: verb, data }, i) =>
      checked(data ?? {}, strictValidator(TASK_VERBS[verb]), `items[${i}].data`),
    );
    const { idempotencyKey } = asked;
    const settled = await this.requests.changeMany(
      asked.caller,
      asked.body.items.map(({ taskId, command: verb, data, expectedVersion = null }, i) => ({
        taskId: taskId.toLowerCase(),
        verb,
        says: data ?? {},
        asking: { ...asked, expectedVersion, idempotencyKey: idempotencyKey && `${idempotencyKey}/${i}` },
      })),
    );
    const results = settled.map((each, i) => {
      const { taskId } = asked.body.items[i]!;
      if (each.status === 'fulfilled') return { taskId, status: 200, task: each.value.task };
      const found = asProblem(each.reason);
      logFailure(this.logger, response.req, each.reason);
      return { taskId, status: found.status, problem: problemBody(found, response.req) };
    });
    return { results };
  }

  async #change(verb: TaskVerb, asked: Asked<object>, response: Response): Promise<TaskState> {
    const done = await this.requests.change(taskIdIn(asked.params), verb, asked.body, asked);
    return answerWith(done, response);
  }
}

/** What is no UUID is no task's id. @throws RequestProblem `task_not_found` */
function taskIdIn({ id = '' }: Record<string, string>): string {
  if (!isUuid(id)) throw noTask(id);
  return id.toLowerCase();
}

function refuseBeside(field: string, others: Record<string, unknown>): void {
  const beside = Object.keys(others).filter((name) => others[name] !== undefined);
  if (beside.length === 0) return;
  throw invalid(beside.map((name) => ({ field: name, message: `${name} cannot stand beside ${field}` })));
}
