import { Controller } from '@nestjs/common';
import { DeadLetterListQuery, DeadLetterPage, type DeadLetterState } from '#libs/contracts';
import { idText, type StandingLetter } from '#libs/dead-letters';
import { type Asked, AskedOf } from '../http/asked';
import { Serves } from '../http/endpoint';
import { Pages } from '../http/paging';
import { TenantDeadLetters } from './dead.letters';

@Controller()
export class DeadLettersController {
  constructor(private readonly letters: TenantDeadLetters) {}

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
}

function stateOf({ id, state, stage, code, message, at, attempt }: StandingLetter): DeadLetterState {
  return { id: idText(id), ...id, state, stage, code, message, at, attempt };
}
