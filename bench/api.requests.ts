import { setTimeout as pause } from 'node:timers/promises';
import { type TestDeployment, TestTokens } from '#libs/testing';
import { OPEN } from './api.people';
import { AGENTS, conversationsOf, TEAMS, type Tenant, TENANTS, WORDS } from './api.tasks';

/** Lists a second. */
export const LISTS = 50;
/** Commands a second. */
export const WRITES = 20;
const DAY_MS = 86_400_000;

/** A request, and what kind it is. */
export interface Request {
  kind: string;
  tenant: Tenant;
  agent: string;
  path: string;
  method?: string;
  body?: object;
}

/** How long one took. */
export interface Timed {
  kind: string;
  ms: number;
  status: number;
  body: { next?: string | null; id?: string; code?: string };
}

export type Sends = (request: Request) => Promise<Timed>;

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
export async function sender(deployment: TestDeployment): Promise<Sends> {
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
export class Lists {
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
export class Writes {
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
