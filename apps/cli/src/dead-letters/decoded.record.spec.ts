import { toBinary, toStructured } from '#libs/intake';
import { aRecord } from '#libs/testing';
import { decodeRecord, placesNamed } from './decoded.record';

const EVENT = {
  id: 'e',
  source: '/test',
  type: 'task.create.v1',
  subject: 'conv-1',
  time: '2026-03-02T10:00:00Z',
  data: { type: 'follow_up', priority: 'urgent', actor: { kind: 'agent', id: 'eli' }, tags: ['a'] },
};

describe('a dead letter’s record, decoded', () => {
  test.each([
    ['structured', toStructured(EVENT)],
    ['binary', toBinary(EVENT)],
  ])('in %s mode is its event, with the places that its reason names', (_, encoded) => {
    const { event, isCloudEvent, now } = decodeRecord(aRecord(1, null, encoded));
    expect(isCloudEvent).toBe(true);
    expect(event!.attributes).toMatchObject({ id: 'e', type: 'task.create.v1' });
    expect(now).toMatchObject({ reads: false, code: 'invalid_data' });
    const { message } = now as { message: string };
    expect(placesNamed(message, event!)).toEqual(
      expect.arrayContaining([
        { place: 'data.priority', value: 'urgent' },
        { place: 'data.title', value: undefined },
      ]),
    );
    expect(placesNamed('data.tags[0] must be short; data.actor.kind is; time is required', event!)).toEqual([
      { place: 'data.tags[0]', value: 'a' },
      { place: 'data.actor.kind', value: 'agent' },
      { place: 'time', value: '2026-03-02T10:00:00Z' },
    ]);
  });

  test('that is no CloudEvent is shown all the same, as far as it is JSON', () => {
    expect(decodeRecord(aRecord(1, '{"id":"x","id":"y","data":{"a":1}}'))).toMatchObject({
      isCloudEvent: false,
      event: { attributes: { id: 'y' }, data: { a: 1 } },
      now: { reads: false, code: 'duplicate_key' },
    });
    expect(decodeRecord(aRecord(1, 'nonsense')).event).toBeNull();
    const headers = { ce_id: Buffer.from('x'), ce_specversion: Buffer.from('0.3') };
    expect(decodeRecord(aRecord(1, '{', { headers })).event).toMatchObject({ attributes: { id: 'x' } });
  });

  test('names no place where the reason is about something else', () => {
    const event = { attributes: { id: 'x' }, data: {} };
    expect(placesNamed('the value is not JSON: at position 3; flow f cannot be read', event)).toEqual([]);
  });
});
