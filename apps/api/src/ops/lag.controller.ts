import { Controller } from '@nestjs/common';
import { LagState } from '#libs/contracts';
import { Serves } from '../http/endpoint';
import { LagReader } from './lag.reader';

@Controller()
export class LagController {
  constructor(private readonly lag: LagReader) {}

  @Serves({
    method: 'GET',
    path: '/ops/lag',
    name: 'getLag',
    summary: 'What is still to be read, and still to be published.',
    group: 'Operations',
    roles: ['ops'],
    answer: LagState,
    problems: ['unavailable'],
  })
  async get(): Promise<LagState> {
    const { inputs, relay, totals } = await this.lag.read();
    return {
      inputs: inputs.map(({ committed, stored, end, lag, ...place }) => ({
        ...place,
        committed: committed?.toString() ?? null,
        stored: stored?.toString() ?? null,
        end: String(end),
        lag: String(lag),
      })),
      relay: relay.map(({ head, published, lag, ...place }) => ({
        ...place,
        head: String(head),
        published: String(published),
        lag: String(lag),
      })),
      totals: { inputs: String(totals.inputs), relay: String(totals.relay) },
    };
  }
}
