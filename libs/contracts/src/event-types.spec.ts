import { EVENT_DATA, isConversationTopicType, isOtherVersion, isWorkforceType } from './event-types';

describe('event types', () => {
  it('are the contract’s: 4 of conversations, 10 commands, 4 of the workforce, 11 activities and the rejection', () => {
    const types = Object.keys(EVENT_DATA);
    expect(types).toHaveLength(30);
    expect(types.filter(isConversationTopicType)).toHaveLength(14);
    expect(types.filter(isWorkforceType)).toHaveLength(4);
  });

  it('in another version are known as such, unless nobody here reads them', () => {
    expect(
      [
        'task.create.v2',
        'conversation.outcome.v10',
        'workforce.team.v0',
        'task.create.v2beta',
        'task.create.v',
      ].every(isOtherVersion),
    ).toBe(true);
    expect(
      ['task.create.v1', 'task.created.v2', 'task.create', 'billing.paid.v1', 'constructor.v1', ''].some(
        isOtherVersion,
      ),
    ).toBe(false);
  });
});
