import { aRecord, MemoryShardStore } from '#libs/testing';
import {
  applyWorkforce,
  type DeadLetter,
  type InputPosition,
  KeyedQueue,
  TenantDirectory,
  type WorkforceRecord,
} from './index';

const change = (kind: 'agent' | 'calendar', id: string, body: Record<string, unknown> | null) => ({
  kind: 'change' as const,
  change: { tenantId: 'acme', kind, id, body, event: null },
});

/** Applies one record for each reading, and says what came of it in which order. */
async function apply(
  readings: Parameters<typeof applyWorkforce>[1]['intake']['readWorkforce'] extends (r: never) => infer R
    ? R[]
    : never,
) {
  const steps: string[] = [];
  const letters: DeadLetter[] = [];
  const applied: WorkforceRecord[] = [];
  let position: InputPosition | undefined;
  const claimedBy = async (): Promise<[]> => {
    steps.push('claims');
    return [];
  };
  await applyWorkforce(
    readings.map((_, offset) => aRecord(offset, '{}', { topic: 'workforce' })),
    {
      intake: { readWorkforce: ({ offset }) => readings[Number(offset)]! },
      deadLetters: { publish: async (more) => void (steps.push('letters'), letters.push(...more)) },
      store: {
        apply: async (records, at) => {
          if (records.length > 0) steps.push('changes');
          if (at) steps.push('position');
          applied.push(...records);
          position = at ?? position;
        },
      },
      consequences: {
        store: new MemoryShardStore(),
        queue: new KeyedQueue(),
        directory: new TenantDirectory(),
        now: () => '2026-11-01T00:00:00.000Z',
        tasks: { claimedBy, dueBy: async () => [] },
      },
    },
    { isRunning: () => true },
    '9',
  );
  return { steps, letters, applied, position };
}

describe('applying records of the workforce', () => {
  it('dead-letters what cannot be read before the position moves with the others', async () => {
    const broken = {
      kind: 'dead_letter' as const,
      stage: 'validate' as const,
      code: 'wrong_key',
      message: 'no',
    };
    const { steps, letters, applied, position } = await apply([
      change('agent', 'dana', { id: 'dana' }),
      broken,
    ]);
    expect(steps).toEqual(['letters', 'changes', 'claims', 'position']);
    expect(letters.map(({ code, record }) => [code, record.offset])).toEqual([['wrong_key', '1']]);
    expect(applied.map(({ change: { id } }) => id)).toEqual(['dana']);
    expect(position?.nextOffset).toBe('9');
  });

  it('dead-letters a calendar nobody can reckon with, and says why', async () => {
    const calendar = {
      id: 'c',
      timezone: 'Mars/Olympus',
      hours: { mon: [['09:00', '17:00']] },
      holidays: [],
    };
    const { letters, applied } = await apply([change('calendar', 'c', calendar)]);
    expect(letters).toEqual([
      expect.objectContaining({ code: 'invalid_data', message: expect.stringMatching(/time ?zone/i) }),
    ]);
    expect(applied).toEqual([]);
  });
});
