import { type OutgoingRecord } from '#libs/messaging';
import { type Claims } from '#libs/testing';
import { type ApiAnswer, type ApiClient, type ApiClients } from './api.client';
import { type Line } from './scripted-scene';

/** A command of the script, as an event. */
interface Command {
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  tenantid: string;
  data: { actor: { kind: string; id: string }; taskId?: string; expectedVersion?: number } & Line;
}

/** One that went by HTTP, and what it was answered. */
export interface Asked {
  command: Command;
  /** The cause that its activities are to have; the script has `source` and `id` of the event. */
  cause: { source: string; id: string };
  answer: ApiAnswer<Line & { code?: string; detail?: string }>;
}

const VERB = /^task\.(\w+)\.v1$/;
const PATHS: Record<string, string> = { update: '', comment: '/comments' };

/** Plays the script's commands over HTTP: each by whom it is of, at its own time. */
export class ScriptedRequests {
  readonly asked: Asked[] = [];
  /** Answers to those that were asked again after they had been done. */
  readonly again: Asked['answer'][] = [];
  readonly #clients = new Map<string, Promise<ApiClient>>();
  #count = 0;

  /** @param taskIds the ids that tasks have which the script creates, by the event's id. */
  constructor(
    private readonly clients: ApiClients,
    private readonly taskIds: ReadonlyMap<string, string>,
  ) {}

  /**
   * The command of a record that can be asked over HTTP. What cannot: an AI agent has no token, and a command to a task names no
   * conversation, so it can stray into none.
   */
  commandIn({ topic, value }: OutgoingRecord, places: ReadonlyMap<string, string>): Command | null {
    if (!topic.startsWith('conversation-events.') || value === null) return null;
    const command = JSON.parse(String(value)) as Command;
    const verb = VERB.exec(command.type)?.[1];
    if (verb === undefined || command.data.actor.kind === 'ai_agent') return null;
    const place = places.get(command.data.taskId ?? '');
    return verb !== 'create' && place !== undefined && place !== command.subject ? null : command;
  }

  /** Asks for these at once. */
  async ask(commands: readonly Command[]): Promise<void> {
    await Promise.all(commands.map((command) => this.#ask(command)));
  }

  async #ask(command: Command): Promise<void> {
    const before = this.asked.find((other) => nameOf(other.command) === nameOf(command));
    if (!before) {
      const cause = {
        source: `/http/${command.data.actor.kind}/${command.data.actor.id}`,
        id: `scripted-${(this.#count += 1)}`,
      };
      this.asked.push({ command, cause, answer: await this.#send(command, cause.id) });
    } else if (before.answer.status < 300 && isOfSame(before.command, command)) {
      this.again.push(await this.#send(command, before.cause.id));
    }
    // A request that was refused left nothing, and a key is its caller's own: asked again, or by another, it would be another request,
    // where an event of its name stays what it was.
  }

  async #send(command: Command, key: string): Promise<Asked['answer']> {
    const { type, subject, time, tenantid, source, id } = command;
    const { actor, taskId, expectedVersion, ...says } = command.data;
    const verb = VERB.exec(type)![1]!;
    const client = await this.#clientOf(tenantid, actor);
    const isCreate = verb === 'create';
    const path = isCreate
      ? `/v1/conversations/${encodeURIComponent(subject)}/tasks`
      : `/v1/tasks/${taskId}${PATHS[verb] ?? `/${verb}`}`;
    const named = taskId ?? this.taskIds.get(`${source}#${id}`);
    return client.send<Line>(path, {
      method: verb === 'update' ? 'PATCH' : 'POST',
      body: isCreate && named !== undefined ? { ...says, taskId: named } : says,
      headers: {
        'x-test-time': time,
        'idempotency-key': key,
        ...(expectedVersion !== undefined && { 'if-match': `"${expectedVersion}"` }),
      },
    });
  }

  #clientOf(tenant: string, { kind, id }: { kind: string; id: string }): Promise<ApiClient> {
    const name = `${tenant} ${kind} ${id}`;
    const known = this.#clients.get(name) ?? this.#signIn({ sub: id, roles: [kind], tenantid: tenant });
    this.#clients.set(name, known);
    return known;
  }

  async #signIn(claims: Claims): Promise<ApiClient> {
    return this.clients.with(await this.clients.tokens.sign({ ...claims, exp: AFTER_ALL_TIME }));
  }
}

const isOfSame = ({ data: { actor } }: Command, other: Command): boolean =>
  actor.kind === other.data.actor.kind && actor.id === other.data.actor.id;

/** In seconds: some of the script is played years ahead. */
const AFTER_ALL_TIME = Date.parse('2090-01-01') / 1_000;

const nameOf = ({ source, id, tenantid }: Command): string => `${tenantid} ${source}#${id}`;
