import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { projectRoot } from '#libs/stack';
import { type InputTable } from '#libs/testing';
import { type ComparableTask } from './created-tasks';

/** An event as a line of a data set has it: what these tests look at. */
export interface DataSetEvent {
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  tenantid?: string;
  data: Record<string, unknown> & { messageId?: string; from?: { kind: string; id: string }; text?: string };
}

/** When things happened in a conversation: UTC with milliseconds. */
export interface ConversationFacts {
  id: string;
  firstEventAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

/** Conversation events, with flows and people to go with them, and the tasks that must come of it, worked out independently. */
export class DataSet {
  /** The files, for the CLI. */
  readonly events: string;
  readonly flows: string;
  readonly workforce: string;
  #lines?: DataSetEvent[];

  constructor(
    readonly name: string,
    readonly folder: string,
  ) {
    const file = (name: string): string => join(folder, name);
    this.events =
      ['conversations.jsonl', 'conversations.jsonl.gz'].map(file).find(existsSync) ??
      file('conversations.jsonl');
    this.flows = file('flows.json');
    this.workforce = file('workforce.json');
  }

  /** Its events, in the file's order. */
  get lines(): DataSetEvent[] {
    return (this.#lines ??= this.text.map((line) => (JSON.parse(line) as { value: DataSetEvent }).value));
  }

  /** The lines of its events' file, as they are. */
  get text(): string[] {
    return this.#text(this.events).split('\n').filter(Boolean);
  }

  /** The one tenant it is of. */
  get tenant(): string {
    return this.lines[0]!.tenantid ?? 'default';
  }

  /** The tasks that must come of it. */
  get expectedTasks(): ComparableTask[] {
    return this.#text(join(this.folder, 'expected-tasks.jsonl'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ComparableTask);
  }

  /** How many rows each table must have, counted in the files, without any of the product's code. What is there twice counts once. */
  get expectedRows(): Record<InputTable, number> {
    const distinct = (keys: unknown[][]): number => new Set(keys.map((key) => JSON.stringify(key))).size;
    const events = (type: RegExp): number =>
      distinct(this.lines.filter((event) => type.test(event.type)).map(({ source, id }) => [source, id]));
    const { expectedTasks, messages } = this;
    const outcomes = events(/^conversation\.outcome\./);
    const creates = events(/^task\.create\./);
    const others = events(/^task\.(?!create\.)/);
    const byCommand = expectedTasks.filter(({ flow }) => flow === null).length;
    return {
      task: expectedTasks.length,
      activity_log: expectedTasks.length,
      // Creations that made no task; and the other commands: comments on a task that there is not.
      rejection_log: creates - byCommand + others,
      applied_event: outcomes + creates + others,
      conversation: distinct(this.lines.map(({ subject }) => [subject])),
      conversation_message: messages.length,
      conversation_outcome: outcomes,
    };
  }

  /** What was said, each message once. */
  get messages(): DataSetEvent[] {
    const said = this.lines.filter(({ type }) => type === 'conversation.message.v1');
    return [...new Map(said.map((event) => [`${event.subject} ${event.data.messageId}`, event])).values()];
  }

  /** Each conversation as its events tell of it, whatever their order. */
  get conversations(): ConversationFacts[] {
    const found = new Map<string, DataSetEvent[]>();
    for (const event of this.lines) found.set(event.subject, [...(found.get(event.subject) ?? []), event]);
    return [...found].map(([id, events]) => {
      const times = (type?: string): string[] =>
        events
          .filter((event) => !type || event.type === type)
          .map(({ time }) => new Date(time).toISOString())
          .sort();
      const startedAt = times('conversation.started.v1')[0] ?? null;
      return {
        id,
        firstEventAt: times()[0]!,
        startedAt,
        endedAt: times('conversation.ended.v1').at(-1) ?? null,
      };
    });
  }

  #text(file: string): string {
    const content = readFileSync(file);
    return (file.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');
  }
}

/** The project's own, which is always there. */
const SAMPLE = new DataSet('the sample', join(projectRoot(), 'test', 'fixtures', 'sample'));

/**
 * The data sets to be tested with: the project's own, and the real conversations in `../shared/data` where that folder is. A
 * stranger's clone has none, which is said on standard error; with CT_REQUIRE_SHARED_DATA set its absence is a failure.
 */
export function dataSets(): DataSet[] {
  const folder = process.env.CT_SHARED_DATA ?? join(projectRoot(), '..', 'shared', 'data');
  if (existsSync(folder)) return [new DataSet('shared/data', folder), SAMPLE];
  if (process.env.CT_REQUIRE_SHARED_DATA)
    throw new Error('CT_REQUIRE_SHARED_DATA is set, and there is no ../shared/data');
  process.stderr.write('left out: the tests on ../shared/data, which is not there\n');
  return [SAMPLE];
}
