import { createHash } from 'node:crypto';
import { type SeededRandom } from '../random';
import { SCENES, type Scene } from './scenes';

const CHANNELS = ['call', 'message', 'whatsapp'] as const;
type Channel = (typeof CHANNELS)[number];

const SOURCES: Record<Channel, string> = {
  call: '/telephony/voice',
  message: '/messaging/sms',
  whatsapp: '/messaging/whatsapp',
};
const HUMAN_AGENTS = ['dana', 'eli', 'gus', 'hana'] as const;
const FIRST_NAMES = [
  'Ada',
  'Björn',
  'Chloé',
  'Deniz',
  'Emil',
  'Fatma',
  'Giorgio',
  'Hedy',
  'İpek',
  'João',
] as const;
const LAST_NAMES = ['Adler', 'Brandt', 'Costa', 'Demir', 'Eriksen', 'Fischer', 'Grant', 'Haddad'] as const;

/** A simulated event: a line of an events file, and its moment for putting it in order. */
export interface SimulatedEvent {
  atMs: number;
  line: { topic: string; key: string; value: Record<string, unknown> };
}

export interface ConversationSetting {
  id: string;
  tenantId: string;
  startMs: number;
}

/** Everything that happens in one conversation, in order of time. The random numbers decide it, nothing else. */
export function simulateConversation(
  { id, tenantId, startMs }: ConversationSetting,
  random: SeededRandom,
): SimulatedEvent[] {
  const channel = random.pick(CHANNELS);
  const human = random.chance(0.3);
  const agent = human
    ? { kind: 'agent', id: random.pick(HUMAN_AGENTS) }
    : { kind: 'ai_agent', id: 'assistant' };
  const customer = customerOf(random, channel);
  const scene = pickScene(random);
  const slots = scene.slots(random);
  const events: SimulatedEvent[] = [];
  let now = startMs;
  const emit = (type: string, data: Record<string, unknown>, source = SOURCES[channel]): void => {
    now += random.integer(800, 45_000);
    const value = {
      specversion: '1.0',
      id: `${id}-${String(events.length + 1).padStart(3, '0')}`,
      source,
      type,
      subject: id,
      time: writtenTime(channel, now),
      datacontenttype: 'application/json',
      tenantid: tenantId,
      data: { channel, ...data },
    };
    events.push({ atMs: now, line: { topic: `conversation-events.${channel}`, key: id, value } });
  };

  emit('conversation.started.v1', { customer, agent });
  const spoken = scene.lines.slice(0, random.integer(2, scene.lines.length));
  spoken.forEach((text, i) => {
    const from = i % 2 === 0 ? { kind: 'customer', id: customer.id } : agent;
    emit('conversation.message.v1', { messageId: `${id}-m${i}`, from, text: filled(text, slots) });
  });
  if (human) {
    if (random.chance(0.5)) emit(...quickAction(id, agent, scene, slots, random), '/agent-desktop');
  } else {
    for (const outcome of outcomesOf(scene, slots, random)) {
      // Telling the customer once is enough; some systems say it again.
      const again = random.chance(0.5) ? { customer } : {};
      emit('conversation.outcome.v1', {
        ...again,
        ...outcome,
        turns: spoken.length,
        durationSeconds: (now - startMs) / 1_000,
      });
    }
  }
  emit('conversation.ended.v1', {
    reason: random.pick(['completed', 'completed', 'abandoned', 'transferred']),
  });
  return withCopy(events, random);
}

/** Producers retry: now and then an event arrives twice. */
function withCopy(events: SimulatedEvent[], random: SeededRandom): SimulatedEvent[] {
  if (!random.chance(0.05)) return events;
  const copied = random.pick(events);
  return [...events, { ...copied, atMs: events.at(-1)!.atMs + 1 }];
}

function outcomesOf(
  scene: Scene,
  slots: Record<string, string>,
  random: SeededRandom,
): Record<string, unknown>[] {
  const results = [random.pick(scene.results), ...(random.chance(0.2) ? [random.pick(scene.results)] : [])];
  return results.map((result) => ({
    flowId: 'assistant',
    intent: scene.intent,
    result,
    slots,
    ...(random.chance(0.85) && { summary: scene.summary(result, slots) }),
    ...(random.chance(0.7) && { sentiment: random.integer(-10, 10) / 10 }),
  }));
}

/** A task that the agent creates by a Quick Action; or, more rarely, a command the rules refuse. */
function quickAction(
  conversationId: string,
  actor: { kind: string; id: string },
  scene: Scene,
  slots: Record<string, string>,
  random: SeededRandom,
): [type: string, data: Record<string, unknown>] {
  const taskId = uuidOf(conversationId);
  if (random.chance(0.1)) return ['task.comment.v1', { taskId, actor, text: 'Customer called again.' }];
  const due = random.pick([
    undefined,
    null,
    { at: '2026-04-02T09:30:00-04:00' },
    { in: 'P2DT3H' },
    { in: 'PT3H', calendar: 'office' },
    { in: 'PT12H', calendar: 'night' },
    ...(random.chance(0.4) ? [{ in: 'PT1H', calendar: 'no-such-calendar' }] : []),
  ]);
  const assignee = random.pick([
    undefined,
    { kind: 'agent', id: actor.id },
    { kind: 'team', id: 'front-desk' },
    ...(random.chance(0.4) ? [{ kind: 'team', id: 'no-such-team' }] : []),
  ]);
  const create = {
    ...(random.chance(0.3) && { taskId }),
    type: random.pick(['follow_up', 'internal']),
    priority: random.pick(['low', 'medium', 'high', 'critical']),
    title: `Follow up: ${scene.intent}`,
    ...(random.chance(0.5) && { description: scene.summary('failure', slots) }),
    ...(assignee !== undefined && { assignee }),
    ...(due !== undefined && { due }),
    actor,
  };
  return ['task.create.v1', create];
}

function customerOf(random: SeededRandom, channel: Channel): { id: string; name?: string; address?: string } {
  const number = random.integer(1, 400);
  const id = `cust-${String(number).padStart(5, '0')}`;
  // Some are only known by their number. It is their number that decides, so that they are the same everywhere.
  const name = number % 8 === 0 ? {} : { name: `${FIRST_NAMES[number % 10]!} ${LAST_NAMES[number % 7]!}` };
  const address =
    number % 3 === 0 || channel === 'message'
      ? {}
      : { address: `+49 30 5550${String(number).padStart(4, '0')}` };
  return { id, ...name, ...address };
}

function pickScene(random: SeededRandom): Scene {
  let left = random.next() * SCENES.reduce((sum, { weight }) => sum + weight, 0);
  for (const scene of SCENES) {
    left -= scene.weight;
    if (left < 0) return scene;
  }
  return SCENES[0]!;
}

function filled(text: string, slots: Record<string, string>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => slots[name] ?? 'it');
}

/** The channels' systems write one moment differently: with an offset, with microseconds, as ours. */
function writtenTime(channel: Channel, ms: number): string {
  if (channel === 'call') return `${new Date(ms + 3_600_000).toISOString().slice(0, -1)}+01:00`;
  const text = new Date(ms).toISOString();
  return channel === 'message' ? `${text.slice(0, -1)}999Z` : text;
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
