import { Controller } from '@nestjs/common';
import {
  DeadLetterListQuery,
  DeadLetterOutcome,
  DeadLetterPage,
  type DeadLetterState,
  DiscardBody,
  RedriveBody,
} from '#libs/contracts';
import { idText, type StandingLetter } from '#libs/dead-letters';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { TenantDeadLetters } from './dead.letters';
import { DeadLetterOperations } from './dead.letters.operations';

@Controller()
export class DeadLettersController {
  constructor(
    private readonly letters: TenantDeadLetters,
    private readonly operations: DeadLetterOperations,
  ) {}

  @Serves({
    method: 'GET',
    path: '/ops/dead-letters',
    name: 'listDeadLetters',
    summary:
      'The tenant’s dead letters, as far as it can be told whose they are: by partition of their topic, the one that failed last first.',
    group: 'Operations',
    roles: ['ops'],
    query: DeadLetterListQuery,
    answer: DeadLetterPage,
  })
  async list(@AskedOf() { caller, query }: Asked<unknown, DeadLetterListQuery>): Promise<DeadLetterPage> {
    const { limit, cursor, ...question } = query;
    const pages = new Pages({ limit, cursor }, [
      caller.tenantId,
      'dead-letters',
      Object.entries(question).sort(),
    ]);
    const page = await this.letters.page(caller.tenantId, question, pages.after, pages.limit);
    const { items, next } = pages.answer(page);
    return { items: items.map(stateOf), next };
  }

  @Serves({
    method: 'POST',
    path: '/ops/dead-letters/{id}/redrive',
    name: 'redriveDeadLetter',
    summary:
      'Applies a dead letter of the tenant, now that its cause is cured. Safe to do again: what was applied is not applied twice.',
    group: 'Operations',
    roles: ['ops'],
    body: RedriveBody,
    bodyOptional: true,
    answer: DeadLetterOutcome,
    problems: ['not_found', 'letter_not_open', 'too_large', 'unsupported_media_type'],
  })
  redrive(@AskedOf() { caller, params, body }: Asked<RedriveBody>): Promise<DeadLetterOutcome> {
    return this.operations.redrive(caller, params.id!, body);
  }

  @Serves({
    method: 'POST',
    path: '/ops/dead-letters/{id}/discard',
    name: 'discardDeadLetter',
    summary: 'Writes down that nothing will be done about a dead letter of the tenant, and why.',
    group: 'Operations',
    roles: ['ops'],
    body: DiscardBody,
    answer: DeadLetterOutcome,
    problems: ['not_found', 'letter_not_open', 'too_large', 'unsupported_media_type'],
  })
  discard(@AskedOf() { caller, params, body }: Asked<DiscardBody>): Promise<DeadLetterOutcome> {
    return this.operations.discard(caller, params.id!, body);
  }
}

function stateOf({ id, state, stage, code, message, at, attempt }: StandingLetter): DeadLetterState {
  return { id: idText(id), ...id, state, stage, code, message, at, attempt };
}
