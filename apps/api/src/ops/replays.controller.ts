import { Controller } from '@nestjs/common';
import { isUuid, PageQuery, ReplayPage, type ReplayState } from '#libs/contracts';
import { recordsLeft, type ReplayParameters, type ReplayProgress } from '#libs/operations';
import { type Operation, OperationStore } from '#libs/persistence';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { invalid } from '../http/problem';

type Replay = Operation<ReplayParameters, ReplayProgress>;

@Controller()
export class ReplaysController {
  constructor(private readonly operations: OperationStore) {}

  @Serves({
    method: 'GET',
    path: '/ops/replays',
    name: 'listReplays',
    summary: 'The replays of the tenant alone, the latest first: who began each, why, and how far it got.',
    group: 'Operations',
    roles: ['ops'],
    query: PageQuery,
    answer: ReplayPage,
  })
  async list(@AskedOf() { caller, query }: Asked<unknown, PageQuery>): Promise<ReplayPage> {
    const { tenantId: tenant } = caller;
    const pages = new Pages(query, [tenant, 'replays']);
    const [after = null] = pages.after ?? [];
    if (after !== null && !isUuid(after))
      throw invalid([{ field: 'cursor', message: 'cursor is none of this list: begin anew without it' }]);
    // One of all tenants counts what is others'.
    const having = { selection: { filter: { tenant } } };
    const page = await this.operations.page('replay', having, after, pages.limit);
    const { items, next } = pages.answer(page);
    return { items: items.map((each) => stateOf(each as Replay)), next };
  }
}

function stateOf({ id, status, silent, startedBy, reason, ...replay }: Replay): ReplayState {
  const { startedAt, endedAt, parameters, progress } = replay;
  const { filter, ...where } = parameters.selection;
  const { conversation = null, key = null, types = null } = filter;
  const { ranges, read, selected, counts, failure = null } = progress;
  return {
    ...{ id, status, silent, startedBy, reason },
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    selection: { ...where, conversation, key, types },
    rate: parameters.rate,
    ...{ read, selected, left: recordsLeft(ranges), counts: { ...counts }, failure },
  };
}
