import { type DeadLetterListQuery, toInstant } from '#libs/contracts';
import {
  idText,
  type LetterFilter,
  type LetterPlace,
  pageOfLetters,
  parseId,
  type StandingLetter,
} from '#libs/dead-letters';
import { NoSuchLetter, selectLetters } from '#libs/operations';
import { type DeadLetterResultStore, type Keyset, type Page } from '#libs/persistence';
import { invalid, problem, type RequestProblem } from '../http/problem';
import { boundedTopic, type LettersOpener, type OpenLetters } from './letters.opener';

/** Records of the topic that one page may read. */
const RECORDS_A_PAGE = 20_000n;
const EVERY_STATE = ['open', 'quarantined', 'redriven', 'discarded'] as const;

/** A letter of the caller's tenant, and the topic it is in. */
export interface FoundLetter extends OpenLetters {
  letter: StandingLetter;
}

/** The dead letters of one tenant: those of which it can be told that they are its own (ADR 31). */
export class TenantDeadLetters {
  constructor(
    private readonly opener: LettersOpener,
    private readonly results: DeadLetterResultStore,
  ) {}

  /** A page of them. @throws RequestProblem as the opener does. */
  page(
    tenant: string,
    { state, since, until, ...same }: Omit<DeadLetterListQuery, 'limit' | 'cursor'>,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<StandingLetter>> {
    const filter: LetterFilter = {
      ...same,
      tenant,
      since: since && toInstant(since),
      until: until && toInstant(until),
      states: state ?? ['open', 'quarantined'],
    };
    return this.opener.with(async ({ topic, goesOn }) => {
      const bounds = { after: after && placeOf(after), limit, records: RECORDS_A_PAGE, goesOn };
      const { letters, next } = await pageOfLetters(topic, this.results, filter, bounds);
      return { items: letters, next: next && [String(next.partition), String(next.before)] };
    });
  }

  /** Runs `work` with one of them. @throws RequestProblem `not_found`, and as the opener does. */
  withLetter<T>(tenant: string, id: string, work: (found: FoundLetter) => Promise<T>): Promise<T> {
    const parsed = parseId(id);
    if (!parsed) throw noLetter(id);
    return this.opener.with(async (open) => {
      const filter = { ids: [parsed], tenant };
      try {
        const { letters } = await selectLetters(boundedTopic(open), this.results, filter, EVERY_STATE, 100);
        // Where a topic was made anew, another record may have had this place.
        const [letter] = letters.sort((a, b) => b.at.localeCompare(a.at));
        return await work({ ...open, letter: letter! });
      } catch (error) {
        if (error instanceof NoSuchLetter) throw noLetter(idText(parsed));
        throw error;
      }
    });
  }
}

/** @throws RequestProblem `invalid` for a cursor that no page has given. */
function placeOf([partition = '', before = '']: Keyset): LetterPlace {
  if (!/^\d{1,9}$/.test(partition) || !/^\d{1,19}$/.test(before))
    throw invalid([{ field: 'cursor', message: 'cursor is none of this list: begin anew without it' }]);
  return { partition: Number(partition), before: BigInt(before) };
}

function noLetter(id: string): RequestProblem {
  return problem('not_found', `there is no dead letter ${JSON.stringify(id)}`);
}
