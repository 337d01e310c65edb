import { type Kafka } from 'kafkajs';
import { LIMITS } from '#libs/contracts';
import { OversizedItem, publishWorkforce } from './publish.workforce';

const NO_BROKER = new Proxy({} as Kafka, {
  get: () => {
    throw new Error('the broker was asked');
  },
});

describe('publishWorkforce', () => {
  test('given an item that workers would not read, then nothing is published, and it is named', async () => {
    const name = 'x'.repeat(LIMITS.messageBytes);
    const published = publishWorkforce(
      { kafka: NO_BROKER, topicPrefix: '', source: '/spec' },
      'default',
      ['small', 'large'].map((id) => ({
        kind: 'team',
        type: 'workforce.team.v1',
        data: { id, name: id === 'large' ? name : 'T' },
      })),
    );
    await expect(published).rejects.toThrow(OversizedItem);
    await expect(published).rejects.toThrow(/team "large" has 262168 bytes .* may have 262144/);
  });
});
