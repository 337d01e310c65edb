import { Controller } from '@nestjs/common';
import { isUuid, PageQuery, ReplayPage, ReplayState, StartReplayBody } from '#libs/contracts';
import { recordsLeft } from '#libs/operations';
import { OperationStore } from '#libs/persistence';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { invalid } from '../http/problem';
import { type Replay, TenantReplays } from './tenant.replays';

@Controller()
export class ReplaysController {
  constructor(
    private readonly operations: OperationStore,
    private readonly replays: TenantReplays,
  ) {}

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

  @Serves({
    method: 'POST',
    path: '/ops/replays',
    name: 'startReplay',
    summary:
      'Reads records of the tenant again and applies those that were missed; what is there stays. Answered when it begins: its list says how far it is.',
    group: 'Operations',
    roles: ['ops'],
    body: StartReplayBody,
    bodyOptional: true,
    status: 202,
    answer: ReplayState,
    problems: ['too_large', 'unsupported_media_type'],
  })
  async start(@AskedOf() { caller, body }: Asked<StartReplayBody>): Promise<ReplayState> {
    return stateOf(await this.replays.start(caller, body));
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
