import { Controller } from '@nestjs/common';
import {
  CALLER_ROLES,
  FlowBody,
  FlowList,
  FlowVersionPage,
  type FlowVersionState,
  PageQuery,
  SavedFlow,
} from '#libs/contracts';
import { checkTenantFlows } from '#libs/flows';
import { FlowReader, FlowStore } from '#libs/persistence';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { problem } from '../http/problem';
import { draftIn, tooMany } from './flow.draft';

@Controller()
export class FlowsController {
  constructor(
    private readonly reader: FlowReader,
    private readonly store: FlowStore,
  ) {}

  @Serves({
    method: 'PUT',
    path: '/flows/{id}',
    name: 'saveFlow',
    summary: 'Saves a flow, as a new version where it changed. Answered when every later event sees it.',
    group: 'Flows',
    roles: ['lead', 'ops', 'service'],
    body: FlowBody,
    answer: SavedFlow,
    problems: ['invalid_flow', 'too_large', 'unsupported_media_type'],
  })
  async save(@AskedOf() { caller, params, body }: Asked<FlowBody>): Promise<SavedFlow> {
    const { tenantId } = caller;
    const { definition } = draftIn(body, params.id!);
    const [saved] = await this.store.save(tenantId, [definition], (after, before) => {
      const found = checkTenantFlows(after, before);
      if (found) throw tooMany(found);
    });
    const { id, version, changed } = saved!;
    const { items } = await this.reader.versions(tenantId, id, [String(version + 1)], 1);
    return { ...stateOf(items[0]!), changed };
  }

  @Serves({
    method: 'GET',
    path: '/flows',
    name: 'listFlows',
    summary: 'The live version of each of the tenant’s flows.',
    group: 'Flows',
    roles: CALLER_ROLES,
    answer: FlowList,
  })
  async list(@AskedOf() { caller }: Asked): Promise<FlowList> {
    return { items: (await this.reader.live(caller.tenantId)).map(stateOf) };
  }

  @Serves({
    method: 'GET',
    path: '/flows/{id}/versions',
    name: 'listFlowVersions',
    summary: 'The versions of a flow, newest first.',
    group: 'Flows',
    roles: CALLER_ROLES,
    query: PageQuery,
    answer: FlowVersionPage,
    problems: ['not_found'],
  })
  async versions(@AskedOf() { caller, params, query }: Asked<unknown, PageQuery>): Promise<FlowVersionPage> {
    const { id = '' } = params;
    const pages = new Pages(query, [caller.tenantId, 'flow', id]);
    const page = await this.reader.versions(caller.tenantId, id, pages.after, pages.limit);
    if (page.items.length === 0 && pages.after === null)
      throw problem('not_found', `there is no flow ${JSON.stringify(id)}`);
    const { items, next } = pages.answer(page);
    return { items: items.map(stateOf), next };
  }
}

/** What is stored was a flow when it was saved. */
function stateOf({
  definition,
  ...version
}: Awaited<ReturnType<FlowReader['live']>>[number]): FlowVersionState {
  return { ...version, definition: definition as Record<string, unknown> };
}
