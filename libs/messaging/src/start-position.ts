import { type InputPosition } from '#libs/processing';

/** What the broker has of a partition: from `earliest` up to but not including `latest`. */
export interface OffsetRange {
  earliest: bigint;
  latest: bigint;
}

/** Where to begin with a partition. */
export interface StartPosition {
  /** The offset to fetch from: one before `startAt` when that record is to be checked. */
  readFrom: bigint;
  /** The first offset to hand on. */
  startAt: bigint;
  /** The record that must still be the one that was read, when it passes by. */
  check: { offset: bigint; fingerprint: string } | null;
}

export type StartDecision =
  { ok: true; start: StartPosition } | { ok: false; expected: string; found: string };

/** The input is not what was read from it, or records were lost unread (invariant 9). Stop; a person has to decide. */
export class InputPositionError extends Error {
  override readonly name = 'InputPositionError';
  constructor(topic: string, partition: number, expected: string, found: string) {
    super(
      `${topic}-${partition}: expected ${expected}, but found ${found}. The topic was made anew, cut, or kept too short. ` +
        `If that was meant, accept the topic as it is now: npm run cli -- reset --positions ${topic}`,
    );
  }
}

/**
 * Decides where to begin (invariant 9): at the lower of what is stored beside the data and what the group committed.
 * Without a stored position nothing has been made of the partition yet, so the group's word is not taken: from the earliest.
 * A group's offset below the stored one is an operator's wish to read again (`--reset-offsets`), or a commit that was lost.
 */
export function decideStart(
  stored: InputPosition | null,
  group: bigint | null,
  { earliest, latest }: OffsetRange,
): StartDecision {
  if (!stored) return { ok: true, start: { readFrom: earliest, startAt: earliest, check: null } };

  const unread = BigInt(stored.nextOffset);
  const expected = `to go on at offset ${unread}`;
  if (unread > latest) return { ok: false, expected, found: `that the partition ends at ${latest}` };
  if (unread < earliest) {
    const lost = `that it begins at ${earliest}: up to ${earliest - unread} records were removed unread`;
    return { ok: false, expected, found: lost };
  }
  if (group !== null && group > latest) {
    const reached = `the group's committed offset ${group} in the partition`;
    return { ok: false, expected: reached, found: `that it ends at ${latest}` };
  }

  const lower = group !== null && group < unread ? group : unread;
  // Records between the group's offset and the earliest have been read (they are before `unread`): nothing is lost.
  const startAt = lower < earliest ? earliest : lower;
  const last = unread - 1n;
  const check = last >= earliest ? { offset: last, fingerprint: stored.fingerprint } : null;
  return { ok: true, start: { readFrom: check && startAt === unread ? last : startAt, startAt, check } };
}
