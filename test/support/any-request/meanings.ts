import fc from 'fast-check';
import { bodySchemaOf, type Operation } from './operations';
import { type Meanings, type SchemaValues } from './schema.arbitrary';

/** Stands for the id of something that is there, until the request is sent. */
export class LiveId {
  constructor(
    readonly collection: string,
    readonly at: number,
  ) {}

  /** As a value it is a text. */
  toJSON(): string {
    return `${this.collection}/${this.at}`;
  }
}

export const liveId = (collection: string): fc.Arbitrary<LiveId> =>
  fc.nat(1_000).map((at) => new LiveId(collection, at));

/** How often an operation is asked: seldom those that wait for a worker, streams, and still less those that read topics. */
export function weightOf({ operationId, path, parameters, responses }: Operation): number {
  if (operationId in MAKERS) return MAKERS[operationId]!;
  if (path.startsWith('/v1/ops/')) return 4;
  const isStream = '200' in responses && 'text/event-stream' in responses['200']!.content;
  return isStream || parameters.some(({ name }) => name === 'wait') ? 10 : 40;
}

/** Operations that make what the others need, and so are asked more often. */
const MAKERS: Record<string, number> = { createTask: 160 };

const oneOf = (collection: string, kind: string) =>
  fc.record({ kind: fc.constant(kind), id: liveId(collection) });
const clock = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map((parts) => parts.map((n) => String(n).padStart(2, '0')).join(':'));
const spans = fc.array(
  fc.tuple(clock, clock).filter(([from, to]) => from !== to),
  { maxLength: 3 },
);
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const flowNode = fc.record(
  {
    kind: fc.constant('create_task'),
    when: fc.constantFrom("outcome.result == 'failure'", 'false', 'has(outcome.sentiment)'),
    task: fc.record(
      {
        type: fc.constantFrom('follow_up', 'internal'),
        title: fc.constantFrom('Call back', 'Call back: {{ outcome.intent }}'),
        priority: fc.constantFrom<unknown>('high', { cel: "'low'", default: 'medium' }),
        assignee: oneOf('/v1/teams', 'team'),
        due: fc.constantFrom({ in: 'PT8H' }, { in: 'P1D' }),
      },
      { requiredKeys: ['type', 'title'] },
    ),
  },
  { requiredKeys: ['kind', 'task'] },
);

/** What the document does not say of values. A route whose valid requests are always refused needs another line here. */
export function meanings(operations: readonly Operation[], values: () => SchemaValues): Meanings {
  /** A command among many says what the body of its own route says. */
  const bulkItem = fc
    .constantFrom('assign', 'claim', 'release', 'start', 'resolve', 'reopen', 'cancel', 'update', 'comment')
    .chain((command) => {
      const own = operations.find(({ operationId }) => operationId === `${command}Task`);
      const data = own ? values().of(bodySchemaOf(own)!) : fc.constant({});
      return fc.record({ taskId: liveId('/v1/tasks'), command: fc.constant(command), data });
    });
  return {
    '*.conversationId': liveId('/v1/conversations'),
    '*.taskId': liveId('/v1/tasks'),
    '*.team': liveId('/v1/teams'),
    '*.teams': liveId('/v1/teams'),
    '*.defaultTeam': liveId('/v1/teams'),
    '*.calendar': liveId('/v1/calendars'),
    AssigneeRef: fc.oneof(oneOf('/v1/agents', 'agent'), oneOf('/v1/teams', 'team')),
    'CreateTaskBody.taskId': fc.uuid({ version: 4 }),
    'CalendarData.timezone': fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'),
    WeekHours: fc.record(Object.fromEntries(days.map((day) => [day, spans])), { requiredKeys: [] }),
    'FlowBody.on': fc.constantFrom(
      { type: 'conversation.outcome.v1' },
      { type: 'conversation.outcome.v1', channels: ['call'] },
    ),
    'FlowBody.nodes': fc.tuple(fc.uuid(), flowNode).map(([id, node]) => ({ id, ...node })),
    BulkItem: bulkItem,
  };
}
