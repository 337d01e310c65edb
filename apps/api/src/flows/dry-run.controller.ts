import { Controller, Req, Res } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { DryRunAnswer, DryRunLine, DryRunQuery, FlowBody, toInstant } from '#libs/contracts';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { LongAnswer } from '../http/long.answer';
import { DryRuns } from './dry.runs';
import { draftIn } from './flow.draft';

@Controller()
export class DryRunController {
  constructor(private readonly dryRuns: DryRuns) {}

  @Serves({
    method: 'POST',
    path: '/flows/{id}/dry-run',
    name: 'dryRunFlow',
    summary:
      'Tries a draft of a flow on stored outcomes, the latest first, beside the live version: which tasks it would create, and why. Writes nothing. With `Accept: application/x-ndjson` it tells how far it is, line by line; the last line has the result. One at a time for each tenant.',
    group: 'Flows',
    roles: ['lead', 'ops', 'service'],
    query: DryRunQuery,
    body: FlowBody,
    answer: DryRunAnswer,
    lines: DryRunLine,
    problems: ['invalid_flow', 'too_large', 'unsupported_media_type'],
  })
  async dryRun(
    @AskedOf() { caller, params, query, body }: Asked<FlowBody, DryRunQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { since, limit = 1_000, seconds = 10, samples = 5 } = query;
    const draft = draftIn(body, params.id!);
    const answer = new LongAnswer(request, response);
    const bounds = { since: (since && toInstant(since)) ?? null, limit, seconds, samples };
    try {
      const result: DryRunAnswer = await this.dryRuns.run(caller.tenantId, draft, bounds, {
        onProgress: (progress) => answer.progress(progress),
        signal: answer.left,
      });
      answer.end(result);
    } catch (error) {
      if (answer.left.aborted) return;
      answer.fail(error);
      throw error;
    }
  }
}
