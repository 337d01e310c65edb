import { createIntake } from '#libs/intake';
import { encodeLine } from '../events/event.encoding';
import { DEFAULT_START, simulatedLines } from './simulate';
import { simulation, type SimulationOptions } from './simulation';

const options: SimulationOptions = {
  tenantId: 'demo',
  seed: 3,
  conversations: 300,
  start: DEFAULT_START,
  everySeconds: 60,
};

describe('simulation', () => {
  test('given one seed, then the same events, byte for byte; given another, then others', () => {
    const [once, again] = [
      JSON.stringify([...simulation(options)]),
      JSON.stringify([...simulation(options)]),
    ];
    expect(again).toBe(once);
    expect(JSON.stringify([...simulation({ ...options, seed: 4 })])).not.toBe(once);
  });

  test('given more conversations, then the first ones are as before', () => {
    const more = new Set(
      [...simulation({ ...options, conversations: 400 })].map((line) => JSON.stringify(line)),
    );
    for (const line of simulation(options)) expect(more).toContain(JSON.stringify(line));
  });

  test('given another start, then no id is used for another event', () => {
    const ids = (start: Date): string[] =>
      [...simulation({ ...options, start })].map(({ value }) => String(value.id));
    const before = new Set(ids(DEFAULT_START));
    expect(ids(new Date('2026-07-01T00:00:00Z')).filter((id) => before.has(id))).toEqual([]);
  });

  test('every event is valid, in its conversation in order of time, and conversations overlap', () => {
    const intake = createIntake();
    const latest = new Map<string, string>();
    const types = new Set<string>();
    let switches = 0;
    let before = '';
    const seen = new Set<string>();
    for (const line of simulatedLines(options)) {
      const { topic, key, value, headers } = encodeLine(line, 'binary');
      const record = { partition: 0, offset: '0', key: Buffer.from(key as string), timestamp: '0' };
      const read = intake.read({ ...record, topic, value: Buffer.from(value!), headers: headers ?? {} });
      if (read.kind !== 'event') throw new Error(JSON.stringify([read, line]));
      const { id, conversationId, time, body, tenantId } = read.event;
      expect(tenantId).toBe('demo');
      types.add(body.type);
      if (!seen.has(id)) expect(time >= (latest.get(conversationId) ?? '')).toBe(true);
      seen.add(id);
      latest.set(conversationId, time);
      if (before !== conversationId) switches += 1;
      before = conversationId;
    }
    expect(latest.size).toBe(300);
    expect(switches).toBeGreaterThan(600);
    expect([...types].sort()).toEqual([
      'conversation.ended.v1',
      'conversation.message.v1',
      'conversation.outcome.v1',
      'conversation.started.v1',
      'task.comment.v1',
      'task.create.v1',
    ]);
  });
});
