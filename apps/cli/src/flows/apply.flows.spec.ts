import { checkFlows } from './apply.flows';

const flow = {
  id: 'f',
  name: 'F',
  on: { type: 'conversation.outcome.v1' },
  nodes: [{ id: 'n', kind: 'create_task', task: { type: 'internal', title: 'T' } }],
};

describe('checkFlows', () => {
  test('given good flows, then they are what is saved', () => {
    expect(checkFlows([flow, { ...flow, id: 'g' }])).toEqual([flow, { ...flow, id: 'g' }]);
  });

  test('given one bad flow among good ones, then all is refused, with flow and place', () => {
    const bad = { ...flow, id: 'bad', nodes: [{ ...flow.nodes[0], when: 'outcome.result ==' }] };
    expect(() => checkFlows([flow, bad])).toThrow(/nothing was saved:\s+bad: nodes\[0\]\.when /);
  });

  test.each([
    [[flow, flow], 'f: is in the file twice'],
    [[], 'there is no flow'],
    [[7], 'flow 1: '],
  ])('given %j, then it says what is wrong', (flows, words) => {
    expect(() => checkFlows(flows)).toThrow(words);
  });
});
