import { type Instant, taskIdOf } from '#libs/domain';
import { type InboundEvent } from '../inbound-event';
import { type Tenant } from '../tenant-directory';
import { type MessageTrace } from './rehearsed.state';
import { type Made } from './standing.store';
import { type ChangedField, type Difference } from './verdict';

/** How many fields are named at most: an event may have a million. */
const MOST_FIELDS = 20;

/**
 * In what an event differs from what stands under its identity.
 *
 * @param made undefined when what stands is itself only rehearsed: it comes further up in the same replay.
 */
export function differenceOf(event: InboundEvent, made: Made | undefined, tenant: Tenant): Difference {
  if (!made)
    return { fields: [], reason: 'another payload under the identity of an event further up in this replay' };
  const fields = fieldsThatDiffer(event, made, tenant);
  if (fields.length > 0) {
    const names = fields.map(({ field }) => field).join(', ');
    return { fields, reason: `another ${names} than what stands under this identity; what stands stays` };
  }
  const reason =
    made.content.of === 'unknown'
      ? 'another payload under this identity; what it said the first time is not kept'
      : 'another payload under this identity, in nothing that anything was made of';
  return { fields, reason };
}

/** In what a message differs from the one that stands under its id. */
export function messageDifference(comes: MessageTrace, stands: MessageTrace): Difference | null {
  const fields: ChangedField[] = [];
  compare(fields, 'data.from', stands.from, comes.from);
  compare(fields, 'time', stands.sentAt, comes.sentAt);
  if (stands.textHash !== comes.textHash)
    fields.push({
      field: 'data.text',
      stands: `sha256:${stands.textHash}`,
      comes: `sha256:${comes.textHash}`,
    });
  if (fields.length === 0) return null;
  const names = fields.map(({ field }) => field).join(', ');
  return { fields, reason: `another ${names} than the message that stands under this id; what stands stays` };
}

function fieldsThatDiffer(event: InboundEvent, made: Made, tenant: Tenant): ChangedField[] {
  const fields: ChangedField[] = [];
  compare(fields, 'type', made.type, event.body.type);
  compare(fields, 'subject', made.conversationId, event.conversationId);
  const { content } = made;
  if (content.of !== 'unknown') compare(fields, 'time', content.time, event.time);
  // Of another type there is nothing to compare field by field.
  if (made.type !== event.body.type || content.of === 'unknown') return fields;
  if (content.of === 'creation') {
    compare(fields, 'data', withoutEmpty(content), withoutEmpty(creationIn(event, tenant)));
  } else {
    compare(fields, 'data', content.data, event.body.data);
  }
  return fields;
}

/** The task a creation would make today, in the fields that the activity of the first one names. */
function creationIn(event: InboundEvent, tenant: Tenant): Record<string, unknown> {
  if (event.body.type !== 'task.create.v1') return {};
  const { taskId, actor, type, priority, title, description, assignee, due } = event.body.data;
  return {
    taskId: taskId?.toLowerCase() ?? taskIdOf(event),
    actor: { kind: actor.kind, id: actor.id },
    fields: {
      type,
      priority,
      title,
      description,
      assignee: assignee && { kind: assignee.kind, id: assignee.id },
      dueAt: due && dueAt(due, event.time, tenant),
    },
  };
}

function dueAt(due: Parameters<Tenant['resolveDue']>[0], time: Instant, tenant: Tenant): string {
  const resolved = tenant.resolveDue(due, time);
  return resolved.ok ? resolved.at : `not to be worked out: ${resolved.problem}`;
}

/** A creation's comparable parts, in one shape: a field that is empty is as good as one that is not there. */
function withoutEmpty({
  taskId,
  actor,
  fields = {},
}: {
  taskId?: unknown;
  actor?: unknown;
  fields?: Record<string, unknown> | unknown;
}): Record<string, unknown> {
  const { status: _status, ...set } = fields as Record<string, unknown>;
  const given = Object.entries(set).filter(([, value]) => value !== null && value !== undefined);
  return { taskId, actor, ...Object.fromEntries(given) };
}

/** Adds the paths at which two JSON values differ. */
function compare(fields: ChangedField[], field: string, stands: unknown, comes: unknown): void {
  if (stands === comes || fields.length >= MOST_FIELDS) return;
  if (!isObject(stands) || !isObject(comes) || Array.isArray(stands) !== Array.isArray(comes)) {
    fields.push({ field, stands, comes });
    return;
  }
  for (const key of new Set([...Object.keys(stands), ...Object.keys(comes)])) {
    const path = Array.isArray(stands) ? `${field}[${key}]` : `${field}.${key}`;
    compare(fields, path, own(stands, key), own(comes, key));
  }
}

const own = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
