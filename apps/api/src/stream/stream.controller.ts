import { Controller, Req, Res } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { ActivityStreamQuery, CALLER_ROLES } from '#libs/contracts';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { ActivityStreams, LAST_EVENT_ID } from './activity.streams';

@Controller()
export class StreamController {
  constructor(private readonly streams: ActivityStreams) {}

  @Serves({
    method: 'GET',
    path: '/activity/stream',
    name: 'streamActivity',
    summary:
      'What happens to the tenant’s tasks, as it happens: server-sent events, each an ActivityEntry. With Last-Event-ID: everything behind that event first.',
    group: 'Activity',
    roles: CALLER_ROLES,
    query: ActivityStreamQuery,
    resumable: true,
    answer: null,
    problems: ['beyond_log'],
  })
  async stream(
    @AskedOf() { caller, query: { taskId, ...others } }: Asked<unknown, ActivityStreamQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    // A browser that has none leaves it out; other clients may say nothing.
    const lastEventId = request.header(LAST_EVENT_ID) || null;
    await this.streams.open(caller, { ...others, taskId: taskId?.toLowerCase() }, lastEventId, response);
    // Express serves HEAD by the same route, and nobody listens then.
    if (request.method === 'HEAD') response.end();
  }
}
