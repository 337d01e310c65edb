import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { ActivityReader } from './activity.reader';
import { ConversationReader } from './conversation.reader';
import { FlowReader } from './flow.reader';
import { TaskLists } from './task.lists';
import { TaskReader } from './task.reader';
import { WorkforceReader } from './workforce.reader';

const TASK = '00000000-0000-4000-8000-000000000001';
const NEWEST = { sort: 'createdAt', descending: true } as const;

/** What the readers give a tenant of what two tenants have under the same ids. Each row says whose it is. */
describe('what is read', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    for (const [n, tenant] of ['acme', 'other'].entries())
      for (const [sql, ...values] of [
        [
          `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, assignee_kind, assignee_id, title,
             created_by_kind, created_by_id, created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
           values ($1, $2, 0, 'conv', 'call', 'internal', 'low', 'to_do', 'agent', 'eli', 'Words of ' || $1, 'agent', $1, now(), now(),
             false, 1, '/test', $1, sha256('x'))`,
          TASK,
        ],
        [
          `insert into activity_log (shard, position, tenant_id, task_id, sequence, conversation_id, type, occurred_at, recorded_at,
             cause_source, cause_id, data) values (0, $3, $1, $2, 1, 'conv', 'task.created.v1', now(), now(), '/test', 'e', json_build_object('name', $1::text))`,
          TASK,
          n + 1,
        ],
        [
          `insert into conversation (tenant_id, id, shard, channel, first_event_at, customer_id, customer_name)
           values ($1, 'conv', 0, 'call', now(), 'c', $1)`,
        ],
        [
          `insert into conversation_message (tenant_id, conversation_id, message_id, from_kind, from_id, text, sent_at)
           values ($1, 'conv', 'm', 'customer', 'c', $1, now())`,
        ],
        [
          `insert into flow_version (tenant_id, flow_id, version, definition) values ($1, 'flow', 1, jsonb_build_object('name', $1::text))`,
        ],
        [
          `insert into workforce_entry (tenant_id, kind, id, body, source_offset)
           values ($1, 'agent', 'eli', jsonb_build_object('id', 'eli', 'name', $1::text), 1)`,
        ],
      ] as [string, ...unknown[]][])
        await database.owner.query(sql, [tenant, ...values]);
  });
  afterAll(() => database?.drop());

  /** Each read, and whose of it is. */
  const READS: Record<string, (tenant: string) => Promise<(string | null)[]>> = {
    'a task': async (tenant) => [(await new TaskReader(database.app).find(tenant, TASK))!.tenantId],
    'tasks by their ids': async (tenant) =>
      [...(await new TaskReader(database.app).findAll(tenant, [TASK])).values()].map((task) => task.tenantId),
    'a task’s log': async (tenant) =>
      (await new TaskReader(database.app).activity(tenant, TASK, 0, 9))!.items.map(({ data }) =>
        nameIn(JSON.parse(data)),
      ),
    'a list of tasks': async (tenant) =>
      (await new TaskLists(database.app).page(tenant, NEWEST, null, 9)).items.map((task) => task.tenantId),
    'a conversation’s tasks': async (tenant) =>
      (
        await new TaskLists(database.app).page(tenant, { ...NEWEST, conversationId: 'conv' }, null, 9)
      ).items.map((task) => task.tenantId),
    'tasks with words': async (tenant) =>
      (await new TaskLists(database.app).page(tenant, { ...NEWEST, words: 'words of' }, null, 9)).items.map(
        (task) => task.tenantId,
      ),
    'a queue': async (tenant) =>
      (await new TaskLists(database.app).queue(tenant, { agentId: 'eli', teams: [] }, null, 9)).items.map(
        (task) => task.tenantId,
      ),
    'how many there are': async (tenant) =>
      Array.from({ length: (await new TaskLists(database.app).count(tenant, NEWEST))! }, () => tenant),
    'a conversation': async (tenant) => [
      (await new ConversationReader(database.app).find(tenant, 'conv'))!.customer!.name!,
    ],
    conversations: async (tenant) =>
      (await new ConversationReader(database.app).page(tenant, {}, null, 9)).items.map(
        ({ customer }) => customer!.name!,
      ),
    messages: async (tenant) =>
      (await new ConversationReader(database.app).messages(tenant, 'conv', null, 9)).items.map(
        ({ tenantId }) => tenantId,
      ),
    flows: async (tenant) =>
      (await new FlowReader(database.app).live(tenant)).map(({ definition }) => nameIn(definition)),
    'a flow’s versions': async (tenant) =>
      (await new FlowReader(database.app).versions(tenant, 'flow', null, 9)).items.map(({ definition }) =>
        nameIn(definition),
      ),
    'somebody of the workforce': async (tenant) => [
      nameIn(await new WorkforceReader(database.app).find(tenant, 'agent', 'eli')),
    ],
    'the workforce': async (tenant) =>
      (await new WorkforceReader(database.app).page(tenant, 'agent', null, 9)).items.map(nameIn),
    'the log from a position on': async (tenant) =>
      (
        await new ActivityReader(database.app, database.operator).ofTenant(
          tenant,
          [{ shard: 0, behind: 0, upTo: 2 }],
          { entries: 9, bytes: 1_000 },
        )
      ).entries.map(({ tenantId }) => tenantId),
  };

  test.each(['acme', 'other'])(
    'is that of one tenant alone, whatever another has under the same ids: %s',
    async (tenant) => {
      const found = await Promise.all(
        Object.entries(READS).map(async ([name, read]) => [name, await read(tenant)] as const),
      );
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries(Object.keys(READS).map((name) => [name, [tenant]])),
      );
    },
  );
});

const nameIn = (value: unknown): string => (value as { name: string }).name;
