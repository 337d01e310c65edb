import { channelOfTopic, TOPICS } from './topics';

describe('TOPICS', () => {
  it('is the contract’s table', () => {
    const table = TOPICS.map((t) => [
      t.name,
      t.partitions,
      t.cleanupPolicy,
      t.retentionMs === -1 ? -1 : t.retentionMs / 86_400_000,
      t.maxMessageBytes,
      t.writtenBy,
    ]);
    expect(table).toEqual([
      ['conversation-events.call', 'shards', 'delete', 7, 8388608, 'others'],
      ['conversation-events.message', 'shards', 'delete', 7, 8388608, 'others'],
      ['conversation-events.whatsapp', 'shards', 'delete', 7, 8388608, 'others'],
      ['workforce', 1, 'compact', -1, 8388608, 'others and our API'],
      ['task-activity', 'shards', 'delete', -1, 1048576, 'us alone'],
      ['task-rejections', 'shards', 'delete', 30, 1048576, 'us alone'],
      ['task-dead-letters', 'shards', 'delete', 90, 8388608 + 65536, 'us alone'],
    ]);
  });

  it('says which channel a topic is of', () => {
    expect(channelOfTopic('conversation-events.whatsapp')).toBe('whatsapp');
    expect(channelOfTopic('workforce')).toBeUndefined();
    expect(channelOfTopic('constructor')).toBeUndefined();
  });
});
