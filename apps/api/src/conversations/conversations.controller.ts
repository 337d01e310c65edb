import { Controller, Res } from '@nestjs/common';
import { type Response } from 'express';
import {
  CALLER_ROLES,
  ConversationListQuery,
  ConversationPage,
  ConversationState,
  CreateTaskBody,
  MessagePage,
  PageQuery,
  TaskPage,
  TaskState,
} from '#libs/contracts';
import { type Conversation } from '#libs/domain';
import { ConversationReader, TaskLists } from '#libs/persistence';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { answerWith } from '../tasks/task.answer';
import { noConversation, TaskRequests } from '../tasks/task.requests';

@Controller()
export class ConversationsController {
  constructor(
    private readonly reader: ConversationReader,
    private readonly tasks: TaskLists,
    private readonly requests: TaskRequests,
  ) {}

  @Serves({
    method: 'GET',
    path: '/conversations',
    name: 'listConversations',
    summary: 'The tenant’s conversations, the one that began last first.',
    group: 'Conversations',
    roles: CALLER_ROLES,
    query: ConversationListQuery,
    answer: ConversationPage,
  })
  async list(@AskedOf() { caller, query }: Asked<unknown, ConversationListQuery>): Promise<ConversationPage> {
    const { limit, cursor, ...question } = query;
    const pages = new Pages({ limit, cursor }, [caller.tenantId, Object.entries(question).sort()]);
    const page = await this.reader.page(caller.tenantId, question, pages.after, pages.limit);
    const { items, next } = pages.answer(page);
    return { items: items.map(stateOf), next };
  }

  @Serves({
    method: 'GET',
    path: '/conversations/{id}',
    name: 'getConversation',
    summary: 'A conversation.',
    group: 'Conversations',
    roles: CALLER_ROLES,
    answer: ConversationState,
    problems: ['not_found'],
  })
  async get(@AskedOf() asked: Asked): Promise<ConversationState> {
    return stateOf(await this.#known(asked));
  }

  @Serves({
    method: 'GET',
    path: '/conversations/{id}/messages',
    name: 'listMessages',
    summary: 'What was said in a conversation, oldest first.',
    group: 'Conversations',
    roles: CALLER_ROLES,
    query: PageQuery,
    answer: MessagePage,
    problems: ['not_found'],
  })
  async messages(@AskedOf() asked: Asked<unknown, PageQuery>): Promise<MessagePage> {
    const { tenantId, id } = await this.#known(asked);
    const pages = new Pages(asked.query, [tenantId, 'messages', id]);
    const { items, next } = pages.answer(await this.reader.messages(tenantId, id, pages.after, pages.limit));
    return {
      items: items.map(({ messageId, from, text, sentAt }) => ({ messageId, from, text, sentAt })),
      next,
    };
  }

  @Serves({
    method: 'GET',
    path: '/conversations/{id}/tasks',
    name: 'listConversationTasks',
    summary: 'The tasks of a conversation, oldest first.',
    group: 'Conversations',
    roles: CALLER_ROLES,
    query: PageQuery,
    answer: TaskPage,
    problems: ['not_found'],
  })
  async tasksOf(@AskedOf() asked: Asked<unknown, PageQuery>): Promise<TaskPage> {
    const { tenantId, id: conversationId } = await this.#known(asked);
    const question = { conversationId, sort: 'createdAt' as const, descending: false };
    const pages = new Pages(asked.query, [tenantId, 'tasks', conversationId]);
    return pages.answer(await this.tasks.page(tenantId, question, pages.after, pages.limit));
  }

  @Serves({
    method: 'POST',
    path: '/conversations/{id}/tasks',
    name: 'createTask',
    summary: 'The Quick Action: creates a task from an active conversation.',
    group: 'Conversations',
    roles: ['agent', 'lead', 'service'],
    body: CreateTaskBody,
    idempotent: true,
    status: 201,
    answer: TaskState,
    problems: [
      'not_found',
      'conversation_not_active',
      'task_exists',
      'unknown_assignee',
      'invalid_due',
      'not_allowed',
      'idempotency_key_reused',
      'too_large',
      'unsupported_media_type',
    ],
  })
  async create(
    @AskedOf() asked: Asked<CreateTaskBody>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskState> {
    const done = await this.requests.create(asked.params.id!, asked.body, asked);
    response.setHeader('location', `/v1/tasks/${done.task.id}`);
    return answerWith(done, response);
  }

  async #known({ caller, params: { id = '' } }: Asked): Promise<Conversation> {
    const conversation = await this.reader.find(caller.tenantId, id);
    if (!conversation) throw noConversation(id);
    return conversation;
  }
}

function stateOf({ customerAt: _, ...conversation }: Conversation): ConversationState {
  return { ...conversation, active: conversation.endedAt === null };
}
