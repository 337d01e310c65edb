import fc from 'fast-check';
import { type Conversation, mergeConversations } from './conversation';

const instant = fc.constantFrom(
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:01.000Z',
  '2026-01-02T00:00:00.000Z',
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const customer = fc.record({
  id: fc.constantFrom('c1', 'c2'),
  name: maybe(fc.constantFrom('Ann', 'Bob')),
  address: maybe(fc.constant('1 Main St')),
});

const view: fc.Arbitrary<Conversation> = fc
  .record({
    channel: fc.constantFrom('call' as const, 'message' as const, 'whatsapp' as const),
    firstEventAt: instant,
    customer: maybe(customer),
    declaredAt: maybe(instant),
    agent: maybe(
      fc.record({
        kind: fc.constantFrom('agent' as const, 'ai_agent' as const),
        id: fc.constantFrom('x', 'y'),
      }),
    ),
    startedAt: maybe(instant),
    endedAt: maybe(instant),
    endReason: fc.constantFrom('completed', 'dropped'),
  })
  .map(({ declaredAt, ...facts }) => ({
    tenantId: 't',
    id: 'c',
    ...facts,
    customerAt: facts.customer ? declaredAt : null,
    agent: facts.startedAt ? facts.agent : null,
    endReason: facts.endedAt ? facts.endReason : null,
  }));

describe('merging what is known of a conversation', () => {
  it('does not depend on the order of the events', () => {
    fc.assert(
      fc.property(view, view, (a, b) => expect(mergeConversations(a, b)).toEqual(mergeConversations(b, a))),
    );
  });

  it('does not depend on how the events are grouped into batches', () => {
    fc.assert(
      fc.property(view, view, view, (a, b, c) =>
        expect(mergeConversations(mergeConversations(a, b), c)).toEqual(
          mergeConversations(a, mergeConversations(b, c)),
        ),
      ),
    );
  });

  it('is not changed by an event that arrives again', () => {
    fc.assert(
      fc.property(view, view, (a, b) => {
        const merged = mergeConversations(a, b);
        expect(mergeConversations(merged, a)).toEqual(merged);
        expect(mergeConversations(merged, b)).toEqual(merged);
      }),
    );
  });

  it('keeps a customer who was named over one who was not', () => {
    fc.assert(
      fc.property(view, view, (a, b) => {
        const named = [a, b].some(({ customer }) => customer?.name != null);
        expect(mergeConversations(a, b).customer?.name != null).toBe(named);
      }),
    );
  });
});
