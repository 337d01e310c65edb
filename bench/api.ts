import { setTimeout as pause } from 'node:timers/promises';
import { type OutgoingRecord } from '#libs/messaging';
import { type TestDeployment, TestTokens } from '#libs/testing';
import { AGENTS, conversationsOf, fillTasks, TEAMS, type Tenant, TENANTS, WORDS } from './api.tasks';
import { settled } from './drain';
import { creation } from './events';
import { type Latency, latencyOf, withProbe } from './latency';
import { percentile } from './statistics';

/** What requests take, beside a stream of creations, with many tasks there. Milliseconds from when each was to be sent. */
export interface Api {
  tasks: number;
  /** Lists a second, and by kind how long they took; `quiet`: all of them without a stream. */
  lists: { rate: number; stream: number; quiet: Answered; all: Answered; kinds: Record<string, Answered> };
  /** Commands a second. */
  writes: { rate: number; stream: number; quiet: Answered; all: Answered; kinds: Record<string, Answered> };
}

export interface Answered extends Latency {
  count: number;
  p95: number;
  max: number;
}

export interface ApiOptions {
  tasks: number;
  seconds: number;
  /** Creations a second that the worker can do. */
  creations: number;
  say(line: string): void;
}

const LISTS = 50;
/** Beside lists, as beside timers. */
const STREAM = 250;
const WRITES = 20;
/** Conversations that agents create tasks in. */
const OPEN = 500;
const DAY_MS = 86_400_000;

/** A request, and what kind it is. */
interface Request {
  kind: string;
  tenant: Tenant;
  agent: string;
  path: string;
  method?: string;
  body?: object;
}

/** How long one took. */
interface Timed {
  kind: string;
  ms: number;
  status: number;
  body: { next?: string | null; id?: string; code?: string };
}

type Sends = (request: Request) => Promise<Timed>;

export async function api(deployment: TestDeployment, options: ApiOptions): Promise<Api> {
  const { tasks, seconds, creations, say } = options;
  const half = Math.round(creations / 2);
  await fillTasks(deployment.database.owner, tasks, say);
  await settled(deployment);
  await deployment.publish(people());
  await deployment.publish(conversations());
  // It is stopped with the deployment.
  await deployment.startWorker({ env: { LOG_LEVEL: 'warn' } });
  await deployment.drained();
  const send = await sender(deployment);
  return await withProbe(deployment, async (probe) => {
    /** Requests beside so many creations a second. */
    const beside = async (stream: number, work: () => Promise<Timed[]>): Promise<Timed[]> => {
      if (stream === 0) return work();
      const [timed] = await Promise.all([work(), probe.samplesUnderLoad(stream, seconds)]);
      return timed;
    };
    const lists = new Lists(tasks, send);
    const writes = new Writes(send);
    const figures: Record<string, Timed[]> = {};
    // Servers and clients compile what they run often: what they take before that is of no use to anybody.
    say(`api: warming up for ${seconds} s`);
    await beside(STREAM, () => lists.during(seconds));
    for (const [name, stream, work] of [
      ['quiet lists', 0, () => lists.during(seconds)],
      ['lists', STREAM, () => lists.during(seconds)],
      ['quiet writes', 0, () => writes.during(seconds)],
      ['writes', half, () => writes.during(seconds)],
    ] as [string, number, () => Promise<Timed[]>][]) {
      const timed = await beside(stream, work);
      figures[name] = timed;
      const { count, p50, p95, p99, max } = answeredOf(timed);
      say(
        `api: ${name} beside ${stream}/s: ${count}, p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${max.toFixed(1)} ms`,
      );
    }
    const part = (name: string, rate: number, stream: number) => ({
      ...{ rate, stream },
      quiet: answeredOf(figures[`quiet ${name}`]!),
      all: answeredOf(figures[name]!),
      kinds: byKind(figures[name]!),
    });
    return { tasks, lists: part('lists', LISTS, STREAM), writes: part('writes', WRITES, half) };
  });
}

function answeredOf(timed: readonly Timed[]): Answered {
  const all = timed.map(({ ms }) => ms);
  const latency = latencyOf(all.map((ms) => ({ sentAt: 0, ms })));
  return { count: all.length, ...latency, p95: percentile(all, 95), max: percentile(all, 100) };
}

function byKind(timed: readonly Timed[]): Record<string, Answered> {
  const kinds = [...new Set(timed.map(({ kind }) => kind))].sort();
  return Object.fromEntries(
    kinds.map((kind) => [kind, answeredOf(timed.filter((one) => one.kind === kind))]),
  );
}

/** So many a second for so long, whatever comes back; each timed from when it was to be sent, so that none waits uncounted. */
async function openLoop(rate: number, seconds: number, send: () => Promise<Timed>): Promise<Timed[]> {
  const begin = performance.now();
  const sending: Promise<Timed>[] = [];
  for (let i = 0; i < rate * seconds; i += 1) {
    const due = begin + (i / rate) * 1_000;
    const early = due - performance.now();
    if (early > 0) await pause(early);
    const sent = send().then((timed) => ({ ...timed, ms: performance.now() - due }));
    // What fails is thrown when all have been sent, and not before anybody awaits it.
    sent.catch(() => undefined);
    sending.push(sent);
  }
  return Promise.all(sending);
}

/** @throws what the API answered when that is not as it should be. */
async function sender(deployment: TestDeployment): Promise<Sends> {
  const tokens = new TestTokens();
  const started = await deployment.startApi({
    env: { ...tokens.env, RATE_LIMIT: '100000', LOG_LEVEL: 'warn' },
  });
  const url = await started.url();
  const known = new Map<string, string>();
  return async ({ kind, tenant, agent, path, method = 'GET', body }) => {
    const who = `${tenant} ${agent}`;
    const token = known.get(who) ?? (await tokens.of(agent, ['agent'], tenant));
    known.set(who, token);
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answered = (await response.json()) as Timed['body'];
    if (response.status !== (kind === 'create' ? 201 : 200))
      throw new Error(`${method} ${path} was answered ${response.status}: ${JSON.stringify(answered)}`);
    return { kind, ms: 0, status: response.status, body: answered };
  };
}

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;
const some = (share: number, name: string, value: () => string): string[] =>
  Math.random() < share ? [`${name}=${encodeURIComponent(value())}`] : [];
const whenever = (): string => new Date(Date.now() - Math.random() * 90 * DAY_MS).toISOString();
const tenant = (): Tenant => {
  const chance = Math.random();
  return chance < TENANTS.north ? 'north' : chance < TENANTS.north + TENANTS.south ? 'south' : 'west';
};

/** Every filter and sort, in any combination; queues; searches; conversations' tasks; and the page after some of them. */
class Lists {
  #next: Request | null = null;

  constructor(
    private readonly tasks: number,
    private readonly send: Sends,
  ) {}

  during(seconds: number): Promise<Timed[]> {
    return openLoop(LISTS, seconds, async () => {
      const request = this.#take();
      const timed = await this.send(request);
      const { next } = timed.body;
      const [path, query] = request.path.split('?') as [string, string | undefined];
      const others = query?.replace(/&?cursor=[^&]*/, '');
      if (next && Math.random() < 0.3)
        this.#next = {
          ...request,
          kind: `${request.kind.replace(/, next page$/, '')}, next page`,
          path: `${path}?${others ? `${others}&` : ''}cursor=${next}`,
        };
      return timed;
    });
  }

  #take(): Request {
    const next = this.#next;
    this.#next = null;
    if (next) return next;
    const asking = { tenant: tenant(), agent: `agent-${Math.floor(Math.random() * AGENTS)}` };
    const chance = Math.random();
    if (chance < 0.15) return { ...asking, kind: 'queue', path: '/v1/tasks?queue=mine' };
    if (chance < 0.2) {
      const conversation = Math.floor(Math.random() * conversationsOf(asking.tenant, this.tasks));
      const path = `/v1/conversations/conv-${conversation}/tasks`;
      return { ...asking, kind: 'a conversation’s', path };
    }
    if (chance < 0.3) {
      const words = [pick(WORDS), String(Math.floor((Math.random() * this.tasks) / 5))];
      const said = pick([words, words.slice(1), ['Zurich'], [pick(WORDS)]]).join(' ');
      const query = [`q=${encodeURIComponent(said)}`, ...some(0.3, 'status', () => 'to_do')];
      return { ...asking, kind: 'search', path: `/v1/tasks?${query.join('&')}` };
    }
    const query = [
      ...some(0.5, 'status', () =>
        pick(['to_do', 'in_progress', 'to_do,in_progress', 'resolved', 'cancelled']),
      ),
      ...some(0.2, 'type', () => pick(['follow_up', 'internal'])),
      ...some(0.3, 'priority', () => pick(['low', 'high', 'critical', 'high,critical'])),
      ...some(0.2, 'channel', () => pick(['call', 'whatsapp'])),
      ...some(0.2, 'assignee', () => `agent-${Math.floor(Math.random() * AGENTS)}`),
      ...some(0.2, 'team', () => `team-${Math.floor(Math.random() * TEAMS)}`),
      ...some(0.15, 'overdue', () => pick(['true', 'false'])),
      ...some(0.15, 'dueBefore', whenever),
      ...some(0.1, 'dueAfter', whenever),
      ...some(0.8, 'sort', () =>
        pick(['createdAt', '-createdAt', 'dueAt', '-dueAt', 'priority', '-priority']),
      ),
    ];
    return { ...asking, kind: 'filters', path: `/v1/tasks?${query.join('&')}` };
  }
}

/** What comes after what in the life of a task. */
const STEPS = ['claim', 'start', 'comments', 'PATCH', 'resolve'] as const;

/** Tasks are created, and go on to their end; none is asked for two things at a time. */
class Writes {
  readonly #open: { id: string; tenant: Tenant; done: number }[] = [];

  constructor(private readonly send: Sends) {}

  during(seconds: number): Promise<Timed[]> {
    return openLoop(WRITES, seconds, () => this.#one());
  }

  async #one(): Promise<Timed> {
    const found = Math.random() < 0.75 ? this.#open.shift() : undefined;
    const own = found ?? { id: '', tenant: tenant(), done: -1 };
    const timed = await this.send(requestOf(own));
    const then = { ...own, id: timed.body.id ?? own.id, done: own.done + 1 };
    if (then.done < STEPS.length) this.#open.push(then);
    return timed;
  }
}

function requestOf({ id, tenant: whose, done }: { id: string; tenant: Tenant; done: number }): Request {
  const asking = { tenant: whose, agent: 'agent-0', method: 'POST' };
  if (done < 0) {
    const path = `/v1/conversations/open-${Math.floor(Math.random() * OPEN)}/tasks`;
    const body = {
      ...{ type: 'follow_up', priority: 'high', title: 'Call the customer back', due: { in: 'PT8H' } },
      assignee: { kind: 'team', id: 'team-0' },
    };
    return { ...asking, kind: 'create', path, body };
  }
  const step = STEPS[done]!;
  if (step === 'PATCH')
    return {
      ...asking,
      kind: 'update',
      method: step,
      path: `/v1/tasks/${id}`,
      body: { priority: 'critical' },
    };
  const body = step === 'comments' ? { text: 'Nobody answered at the depot; trying again at noon.' } : {};
  return { ...asking, kind: step, path: `/v1/tasks/${id}/${step}`, body };
}

const HEADERS = { 'content-type': 'application/json', ce_specversion: '1.0', ce_source: '/bench' };

function people(): OutgoingRecord[] {
  const ofTenant = (tenantId: string): OutgoingRecord[] => [
    ...Array.from({ length: TEAMS }, (_, n) =>
      entry(tenantId, 'team', { id: `team-${n}`, name: `Team ${n}` }),
    ),
    ...Array.from({ length: AGENTS }, (_, n) =>
      entry(tenantId, 'agent', {
        ...{ id: `agent-${n}`, name: `Agent ${n}`, availability: 'available', roles: ['agent'] },
        teams: [`team-${n % TEAMS}`, `team-${(n * 7) % TEAMS}`],
      }),
    ),
  ];
  return Object.keys(TENANTS).flatMap(ofTenant);
}

function entry(
  tenantid: string,
  kind: string,
  data: { id: string } & Record<string, unknown>,
): OutgoingRecord {
  const key = `${tenantid}/${kind}:${data.id}`;
  const headers = {
    ...{
      ...HEADERS,
      ce_id: key,
      ce_type: `workforce.${kind}.v1`,
      ce_subject: data.id,
      ce_tenantid: tenantid,
    },
    ce_time: new Date().toISOString(),
  };
  return { topic: 'workforce', key, headers, value: JSON.stringify(data) };
}

/** Conversations that go on. */
function conversations(): OutgoingRecord[] {
  return Object.keys(TENANTS).flatMap((tenantId) =>
    Array.from({ length: OPEN }, (_, n) => {
      const { topic, key } = creation(n, `open-${n}`);
      const headers = {
        ...{ ...HEADERS, ce_id: `${tenantId}-open-${n}`, ce_type: 'conversation.started.v1' },
        ...{ ce_subject: `open-${n}`, ce_tenantid: tenantId, ce_time: new Date().toISOString() },
      };
      const data = { channel: 'call', customer: { id: `customer-${n}`, name: 'Ada Byron' } };
      return { topic, key, headers, value: JSON.stringify(data) };
    }),
  );
}
