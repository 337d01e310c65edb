import { type RawRecord } from '#libs/processing';
import { idText } from './letter.id';
import { type Letter, type LetterId } from './letter';
import { type LetterState, type StandingLetter } from './letter.state';
import { tenantOf } from './letter.tenant';

/** Which letters are meant; what is not given does not matter. */
export interface LetterFilter {
  ids?: readonly LetterId[];
  code?: string;
  stage?: string;
  topic?: string;
  partition?: number;
  /** Of letters whose tenant can be told. */
  tenant?: string;
  /** When they failed last: RFC 3339, in UTC. */
  since?: string;
  until?: string;
  states?: readonly LetterState[];
}

/**
 * Whether a copy can be meant, by what is the same for all copies of a letter: what cannot is not kept in memory. Code, stage, time
 * and state are the newest copy's, and are looked at when that is known.
 */
export function mayMatch(filter: LetterFilter): (letter: Letter, copy: RawRecord) => boolean {
  const ids = filter.ids && new Set(filter.ids.map(idText));
  const { topic, partition, tenant } = filter;
  return ({ id }, copy) =>
    (!ids || ids.has(idText(id))) &&
    (topic === undefined || topic === id.topic) &&
    (partition === undefined || partition === id.partition) &&
    (tenant === undefined || tenant === tenantOf(copy, id.topic));
}

/** Whether a letter is meant, its state aside. Given that `mayMatch` said so. */
export function matches({ code, stage, since, until }: LetterFilter, letter: Letter): boolean {
  return (
    (code === undefined || code === letter.code) &&
    (stage === undefined || stage === letter.stage) &&
    (since === undefined || letter.at >= since) &&
    (until === undefined || letter.at < until)
  );
}

export function isIn(states: readonly LetterState[] | undefined, { state }: StandingLetter): boolean {
  return states === undefined || states.includes(state);
}
