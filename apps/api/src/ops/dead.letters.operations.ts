import { type LoggerService } from '@nestjs/common';
import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { type DeadLetterOutcome, type DiscardBody, type RedriveBody } from '#libs/contracts';
import {
  discardLetters,
  idText,
  type LetterState,
  type LetterVerdict,
  QUARANTINED_AT,
  type StandingLetter,
} from '#libs/dead-letters';
import { mustKnowTheWorkforce, redrive, WorkforceUnread } from '#libs/operations';
import { DeadLetterResultStore, OperationStore } from '#libs/persistence';
import { type Patience } from '#libs/processing';
import { actorOf, type Caller } from '../auth/caller';
import { problem } from '../http/problem';
import { type FoundLetter, type TenantDeadLetters } from './dead.letters';

/** How long an outage is waited out, before whoever asked is told of it. */
const PATIENCE_MS = 4_000;
/** What settles a letter. */
const SETTLED: ReadonlySet<LetterVerdict['result']> = new Set([
  'applied',
  'duplicate',
  'rejected',
  'outdated',
]);

export interface LetterOperationsParts {
  kafka: Kafka;
  topicPrefix: string;
  /** Connected as the application's role. */
  app: DataSource;
  /** Connected as the operator's role. */
  operator: DataSource;
  logger: LoggerService;
}

/**
 * What operators do about one dead letter, in their name. It needs no `Idempotency-Key`: a letter has an identity, and so has what is
 * in it, so that doing it again does nothing.
 */
export class DeadLetterOperations {
  readonly #results: DeadLetterResultStore;
  readonly #operations: OperationStore;

  constructor(
    private readonly letters: TenantDeadLetters,
    private readonly parts: LetterOperationsParts,
  ) {
    this.#results = new DeadLetterResultStore(parts.operator);
    this.#operations = new OperationStore(parts.operator);
  }

  /**
   * Applies a letter as the worker would have, now that the cause is cured. What was redriven before is left as it is.
   *
   * @throws RequestProblem `not_found`; `letter_not_open` for one that is quarantined or discarded, when that is not said;
   *   `unavailable` while workers have yet to read the workforce, and in an outage.
   */
  redrive(
    caller: Caller,
    id: string,
    { reason, quarantined, discarded }: RedriveBody,
  ): Promise<DeadLetterOutcome> {
    const allowed: LetterState[] = [
      'open',
      ...(quarantined ? ['quarantined' as const] : []),
      ...(discarded ? ['discarded' as const] : []),
    ];
    return this.letters.withLetter(caller.tenantId, id, async ({ letter, topic }) => {
      if (letter.state === 'redriven') return settled(letter);
      if (!allowed.includes(letter.state))
        throw notOpen(letter, `say "${letter.state}": true to apply it all the same`);
      const { kafka, topicPrefix, app } = this.parts;
      await knowingTheWorkforce(() => mustKnowTheWorkforce(kafka, topicPrefix, app));
      let verdict: LetterVerdict | null = null;
      const { operationId } = await redrive(
        {
          ...this.parts,
          db: this.parts.operator,
          reader: topic.reader,
          letters: [letter],
          edited: null,
          patience: patienceOf(PATIENCE_MS),
          onVerdict: (_, each) => (verdict = each),
        },
        () => Promise.resolve(),
        startOf(caller, letter, reason ?? null),
      );
      if (!verdict) throw outage();
      return outcomeOf(letter, verdict, operationId);
    });
  }

  /**
   * Writes down that nothing will be done about a letter. What was discarded before is left as it is.
   *
   * @throws RequestProblem `not_found`; `letter_not_open` for one that was redriven; `unavailable` in an outage.
   */
  discard(caller: Caller, id: string, { reason }: DiscardBody): Promise<DeadLetterOutcome> {
    return this.letters.withLetter(caller.tenantId, id, async ({ letter }: FoundLetter) => {
      if (letter.state === 'discarded') return settled(letter);
      if (letter.state === 'redriven') throw notOpen(letter, 'it had its effect');
      const { operationId, discarded } = await discardLetters(
        [letter],
        { ...startOf(caller, letter, reason), reason },
        {
          results: this.#results,
          operations: this.#operations,
          patience: patienceOf(PATIENCE_MS),
          onDiscarded: () => undefined,
        },
      );
      if (discarded === 0) throw outage();
      return { id: idText(letter.id), state: 'discarded', operationId };
    });
  }
}

/** As the audit has it. */
function startOf(caller: Caller, { id }: StandingLetter, reason: string | null) {
  const { kind, id: who } = actorOf(caller);
  return {
    startedBy: `/http/${kind}/${who}`,
    reason,
    parameters: { ids: [idText(id)], tenant: caller.tenantId },
  };
}

function settled({ id, state }: StandingLetter): DeadLetterOutcome {
  return { id: idText(id), state, operationId: null };
}

function outcomeOf(letter: StandingLetter, verdict: LetterVerdict, operationId: string): DeadLetterOutcome {
  const failedAgain = verdict.result === 'failed' && letter.attempt + 1 >= QUARANTINED_AT;
  const state = SETTLED.has(verdict.result) ? 'redriven' : failedAgain ? 'quarantined' : letter.state;
  return { id: idText(letter.id), state, operationId, ...verdict };
}

function patienceOf(ms: number): Patience {
  const until = Date.now() + ms;
  return { isRunning: () => Date.now() < until };
}

async function knowingTheWorkforce(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof WorkforceUnread)) throw error;
    throw problem('unavailable', error.message, { retryAfter: 5, cause: error });
  }
}

const notOpen = ({ id, state }: StandingLetter, why: string) =>
  problem('letter_not_open', `the dead letter ${idText(id)} is ${state}: ${why}`);

const outage = () =>
  problem(
    'unavailable',
    'the database or Kafka is away, and it is not known whether it was done: to ask again is safe',
    { retryAfter: 5 },
  );
