import { Environment } from '@marcbachmann/cel-js';

/**
 * What an expression may look at, typed where the shape is known, so that a misspelt member is refused when a
 * flow is saved. There is no function that gives the present time.
 */
export const environment = new Environment({
  // {'kind': 'team', 'id': outcome.team} mixes a known type with an unknown one.
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 },
})
  .registerVariable({
    name: 'event',
    schema: {
      id: 'string',
      source: 'string',
      type: 'string',
      time: 'google.protobuf.Timestamp',
      subject: 'string',
    },
  })
  .registerVariable({
    name: 'conversation',
    schema: {
      id: 'string',
      channel: 'string',
      customer: { id: 'string', name: 'string', address: 'string' },
      startedAt: 'google.protobuf.Timestamp',
      endedAt: 'google.protobuf.Timestamp',
    },
  })
  .registerVariable('outcome', 'map<string, dyn>');
