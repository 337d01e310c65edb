import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide, shardOf } from '#libs/domain';
import { compileFlow, evaluateFlow } from '#libs/flows';
import { createIntake } from '#libs/intake';
import { type InboundEvent, Tenant } from '#libs/processing';
import { checkWorkforce } from '../workforce/workforce.file';
import { parseEventLine } from '../events/event.line';
import { encodeLine } from '../events/event.encoding';
import { DEFAULT_START, SAMPLE_FLOWS, SAMPLE_WORKFORCE } from './simulate';
import { simulation } from './simulation';

const folder = join(__dirname, '../../../../test/fixtures/sample');
const lines = (file: string): string[] => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));

describe("the project's own sample", () => {
  test('is what the simulator makes: after changing it, write the files anew as test/fixtures/sample/README.md says', () => {
    const options = {
      tenantId: 'default',
      seed: 1,
      conversations: 150,
      start: DEFAULT_START,
      everySeconds: 16_000,
    };
    expect([...simulation(options)].map((line) => JSON.stringify(line))).toEqual(
      lines('conversations.jsonl'),
    );
    expect(json('flows.json')).toEqual(SAMPLE_FLOWS);
    expect(json('workforce.json')).toEqual(SAMPLE_WORKFORCE);
  });

  test('makes, by flows and rules alone, the tasks that were worked out independently', () => {
    const expected = lines('expected-tasks.jsonl').map((line) => JSON.parse(line) as object);
    expect(tasksOfTheSample()).toEqual(expected);
  });

  test('has what it is there for: every due form, defaults, refusals, copies, moments of both summer times', () => {
    const text = readFileSync(join(folder, 'conversations.jsonl'), 'utf8');
    const rows = lines('conversations.jsonl').map(
      (line) => JSON.parse(line) as { value: { id: string; time: string } },
    );
    expect(new Set(rows.map(({ value }) => value.id)).size).toBeLessThan(rows.length);
    for (const there of [
      '"no-such-team"',
      '"no-such-calendar"',
      '"at":"2026',
      '"calendar":"night"',
      '"in":"P2DT3H"',
      'task.comment.v1',
    ]) {
      expect(text).toContain(there);
    }
    const days = rows.map(({ value }) => value.time.slice(0, 10));
    expect(days).toEqual(expect.arrayContaining(['2026-03-07', '2026-03-28']));
    const channels = new Set(rows.map((row) => shardOf(row.value.id, 12)));
    expect(channels.size).toBe(12);
  });
});

/** The sample through intake, flows and domain, in memory: no broker, no database. */
function tasksOfTheSample(): object[] {
  const people = checkWorkforce(SAMPLE_WORKFORCE).map(({ kind, data }) => ({
    kind,
    id: data.id,
    body: data,
  }));
  const tenant = new Tenant(people, []);
  const flows = SAMPLE_FLOWS.map((definition) => {
    const compiled = compileFlow(definition);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    return compiled.flow;
  });
  const customers = new Map<string, { id: string; name?: string | null; address?: string | null }>();
  const seen = new Set<string>();
  return eventsOfTheSample().flatMap((event): object[] => {
    const { body, id, source, conversationId, channel, time } = event;
    if (seen.has(id)) return [];
    seen.add(id);
    const row = { cause: `${source}#${id}`, conversationId, channel };
    if (body.type === 'conversation.started.v1') customers.set(conversationId, body.data.customer);
    if (body.type === 'conversation.outcome.v1') {
      const customer = customers.get(conversationId)!;
      const variables = {
        event: { id, source, type: body.type, time, subject: conversationId },
        conversation: { id: conversationId, channel, customer, startedAt: null, endedAt: null },
        outcome: body.data,
      };
      return flows
        .filter((flow) => flow.matches(body.type, channel))
        .flatMap((flow) =>
          evaluateFlow(flow, variables, tenant).flatMap(({ node, task }) => {
            if (!task) return [];
            const { dueBy: _, ...fields } = task;
            return [{ ...row, flow: flow.definition.id, node, ...fields }];
          }),
        );
    }
    if (!body.type.startsWith('task.')) return [];
    const decision = decide(body as Parameters<typeof decide>[0], null, {
      tenantId: 'default',
      conversationId,
      channel,
      time,
      cause: { source, id },
      derivedTaskId: 'derived',
      person: () => null,
      assigneeExists: (assignee) => tenant.assigneeExists(assignee),
      resolveDue: (due) => tenant.resolveDue(due, time),
    });
    if ('rejection' in decision) return [];
    const none = { description: null, assignee: null, dueAt: null };
    const fields = Object.fromEntries(decision.activities[0]!.changes.map(({ field, to }) => [field, to]));
    const { status: _, ...task } = { ...none, ...fields } as Record<string, unknown>;
    return [{ ...row, flow: null, node: null, ...task }];
  });
}

function eventsOfTheSample(): InboundEvent[] {
  const intake = createIntake();
  return lines('conversations.jsonl').map((text, i) => {
    const { topic, key, value, headers } = encodeLine(parseEventLine(text, i + 1)!, 'structured');
    const result = intake.read({
      topic,
      partition: 0,
      offset: String(i),
      key: Buffer.from(key as string),
      value: Buffer.from(value!),
      headers: headers ?? {},
      timestamp: '0',
    });
    if (result.kind !== 'event') throw new Error(JSON.stringify(result));
    return result.event;
  });
}
