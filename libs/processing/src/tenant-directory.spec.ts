import { TenantDirectory, type TenantRevision, type WorkforceEntry } from './index';

/** What a transaction reads of tenant acme, with the reads counted; each takes a turn of the event loop. */
function reads(revision: TenantRevision, people: string[], failures: Error[] = []) {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const counted = { workforce: 0, flows: 0 };
  return {
    counted,
    revisions: async () => new Map([['acme', revision]]),
    workforce: async (): Promise<WorkforceEntry[]> => {
      counted.workforce += 1;
      await turn();
      const failure = failures.shift();
      if (failure) throw failure;
      return people.map((id) => ({ kind: 'agent', id, body: { name: id } }));
    },
    flows: async () => {
      counted.flows += 1;
      await turn();
      return [];
    },
  };
}

describe('tenants by revision', () => {
  const knows = async (directory: TenantDirectory, tx: ReturnType<typeof reads>, id: string) => {
    const tenantAt = await directory.at(tx, ['acme']);
    return tenantAt('acme').assigneeExists({ kind: 'agent', id });
  };

  test('are read once by all who ask at once, and then known', async () => {
    const directory = new TenantDirectory();
    const tx = reads({ workforce: 1, flows: 1 }, ['eli']);
    const asked = Array.from({ length: 12 }, () => knows(directory, tx, 'eli'));
    expect(await Promise.all(asked)).toEqual(asked.map(() => true));
    expect(await knows(directory, tx, 'mia')).toBe(false);
    expect(tx.counted).toEqual({ workforce: 1, flows: 1 });
  });

  test('are read anew at another revision, also while the one before is being read', async () => {
    const directory = new TenantDirectory();
    const [before, after] = [
      reads({ workforce: 1, flows: 1 }, ['eli']),
      reads({ workforce: 2, flows: 1 }, ['mia']),
    ];
    expect(await Promise.all([knows(directory, before, 'eli'), knows(directory, after, 'eli')])).toEqual([
      true,
      false,
    ]);
  });

  test('that could not be read are read again by whoever asks next', async () => {
    const directory = new TenantDirectory();
    const tx = reads({ workforce: 1, flows: 1 }, ['eli'], [new Error('away')]);
    const settled = await Promise.allSettled([knows(directory, tx, 'eli'), knows(directory, tx, 'eli')]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await knows(directory, tx, 'eli')).toBe(true);
  });
});
