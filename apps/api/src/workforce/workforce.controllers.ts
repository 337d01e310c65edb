import { Controller, Res, type Type } from '@nestjs/common';
import { type Response } from 'express';
import {
  AgentData,
  AgentPage,
  CALLER_ROLES,
  CalendarData,
  CalendarPage,
  PageQuery,
  PolicyData,
  PolicyPage,
  TeamData,
  TeamPage,
  WaitQuery,
  type WorkforceEventType,
  type WorkforceKind,
} from '#libs/contracts';
import { checkCalendar } from '#libs/domain';
import { WorkforceReader } from '#libs/persistence';
import { actorOf } from '../auth/caller';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { invalid, problem } from '../http/problem';
import { WorkforcePublisher } from './workforce.publisher';

/** What is said of an agent, a team, a calendar or a policy: all of it, with its id. */
type Entry = { id: string } & Record<string, unknown>;

interface KindOf {
  kind: WorkforceKind;
  plural: string;
  of: new () => object;
  page: new () => object;
}

/** The three routes of a kind: one is as the other, but for what is said. */
function controllerOf({ kind, plural, of, page }: KindOf): Type<object> {
  const name = kind[0]!.toUpperCase() + kind.slice(1);
  const one = `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
  const plurals = plural[0]!.toUpperCase() + plural.slice(1);

  @Controller()
  class WorkforceController {
    constructor(
      private readonly reader: WorkforceReader,
      private readonly publisher: WorkforcePublisher,
    ) {}

    @Serves({
      method: 'PUT',
      path: `/${plural}/{id}`,
      name: `put${name}`,
      summary: `Says all of ${one}: what is left out is not so. Answered when it is in force, which takes a running worker.`,
      group: 'Workforce',
      roles: ['lead', 'ops', 'service'],
      query: WaitQuery,
      body: of,
      mayBeAccepted: true,
      answer: of,
      problems: ['too_large', 'unsupported_media_type'],
    })
    async put(
      @AskedOf() { caller, params, query, body }: Asked<Entry, WaitQuery>,
      @Res({ passthrough: true }) response: Response,
    ): Promise<object> {
      if (body.id !== params.id)
        throw invalid([
          { field: 'id', message: `id must be that of the path, ${JSON.stringify(params.id)}` },
        ]);
      if (kind === 'calendar') mustBeCalendar(body);
      const { kind: by, id } = actorOf(caller);
      const type: WorkforceEventType = `workforce.${kind}.v1`;
      const wait = query.wait !== false;
      await this.publisher.publish(caller.tenantId, { kind, type, data: body }, `/http/${by}/${id}`, wait);
      if (!wait) {
        response.status(202);
        return body;
      }
      // A later one may have overtaken it.
      return (await this.reader.find(caller.tenantId, kind, body.id)) ?? body;
    }

    @Serves({
      method: 'GET',
      path: `/${plural}/{id}`,
      name: `get${name}`,
      summary: `${one[0]!.toUpperCase()}${one.slice(1)}, as it is in force.`,
      group: 'Workforce',
      roles: CALLER_ROLES,
      answer: of,
      problems: ['not_found'],
    })
    async get(@AskedOf() { caller, params: { id = '' } }: Asked): Promise<object> {
      const found = await this.reader.find(caller.tenantId, kind, id);
      if (!found) throw problem('not_found', `there is no ${kind} ${JSON.stringify(id)}`);
      return found;
    }

    @Serves({
      method: 'GET',
      path: `/${plural}`,
      name: `list${plurals}`,
      summary: `The tenant’s ${plural}, by id.`,
      group: 'Workforce',
      roles: CALLER_ROLES,
      query: PageQuery,
      answer: page,
    })
    async list(@AskedOf() { caller, query }: Asked<unknown, PageQuery>): Promise<object> {
      const pages = new Pages(query, [caller.tenantId, kind]);
      return pages.answer(await this.reader.page(caller.tenantId, kind, pages.after, pages.limit));
    }
  }
  return WorkforceController;
}

/** The domain knows more of calendars than their form. @throws RequestProblem */
function mustBeCalendar(body: unknown): void {
  // Each begins with the field.
  const problems = checkCalendar(body).map((message) => ({ field: message.split(':', 1)[0]!, message }));
  if (problems.length > 0) throw invalid(problems);
}

export const WORKFORCE_CONTROLLERS = [
  controllerOf({ kind: 'agent', plural: 'agents', of: AgentData, page: AgentPage }),
  controllerOf({ kind: 'team', plural: 'teams', of: TeamData, page: TeamPage }),
  controllerOf({ kind: 'calendar', plural: 'calendars', of: CalendarData, page: CalendarPage }),
  controllerOf({ kind: 'policy', plural: 'policies', of: PolicyData, page: PolicyPage }),
];
