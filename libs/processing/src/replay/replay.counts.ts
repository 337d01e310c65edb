import { assigneeText, makerOf, type Replayed } from './verdict';

/** How many of each, by something that has few values; what comes after so many different ones is counted together. */
type Tally = Map<string, number>;

const MOST_KEYS = 100;
const OTHERS = '(others)';

/** The counts of a replay, as they are stored and shown. */
export interface ReplayCountsJson {
  /** Missed: something came of them, or would. Rejections among them. */
  new: number;
  newByType: Record<string, number>;
  rejectedByCode: Record<string, number>;
  tasks: number;
  tasksByMaker: Record<string, number>;
  tasksByPriority: Record<string, number>;
  tasksByAssignee: Record<string, number>;
  /** Already there. */
  there: number;
  thereByType: Record<string, number>;
  /** Differing from what stands, which stays. */
  differs: number;
  differsByType: Record<string, number>;
  differsByField: Record<string, number>;
  deadLetters: number;
  deadLettersByCode: Record<string, number>;
  skipped: number;
  skippedByType: Record<string, number>;
  /** Of all these, the ones that workers have yet to read; and how many of them are new. */
  unread: number;
  unreadNew: number;
}

const NUMBERS = [
  'new',
  'tasks',
  'there',
  'differs',
  'deadLetters',
  'skipped',
  'unread',
  'unreadNew',
] as const;
const TALLIES = [
  'newByType',
  'rejectedByCode',
  'tasksByMaker',
  'tasksByPriority',
  'tasksByAssignee',
  'thereByType',
  'differsByType',
  'differsByField',
  'deadLettersByCode',
  'skippedByType',
] as const;

/** Counts what a replay does, or would do. Bounded, whatever it reads. */
export class ReplayCounts {
  readonly #numbers = Object.fromEntries(NUMBERS.map((name) => [name, 0])) as Record<
    (typeof NUMBERS)[number],
    number
  >;
  readonly #tallies = Object.fromEntries(TALLIES.map((name) => [name, new Map()])) as Record<
    (typeof TALLIES)[number],
    Tally
  >;

  /** @param before counts to go on from. */
  constructor(before?: ReplayCountsJson) {
    if (!before) return;
    for (const name of NUMBERS) this.#numbers[name] = before[name];
    for (const name of TALLIES) this.#tallies[name] = new Map(Object.entries(before[name]));
  }

  /** @param isUnread whether workers have yet to read it. */
  add({ event, type, verdict }: Replayed, isUnread: boolean): void {
    const numbers = this.#numbers;
    const known = event?.body.type ?? '';
    if (isUnread) numbers.unread += 1;
    switch (verdict.kind) {
      case 'new': {
        const { effect } = verdict;
        numbers.new += 1;
        if (isUnread) numbers.unreadNew += 1;
        this.#count('newByType', known);
        if (effect.rejection) this.#count('rejectedByCode', effect.rejection.code);
        numbers.tasks += effect.taskCount;
        for (const created of effect.tasks) {
          this.#count('tasksByMaker', makerOf(created));
          this.#count('tasksByPriority', created.task.priority);
          this.#count('tasksByAssignee', assigneeText(created.task));
        }
        return;
      }
      case 'there':
        numbers.there += 1;
        this.#count('thereByType', known);
        return;
      case 'differs':
        numbers.differs += 1;
        this.#count('differsByType', known);
        for (const { field } of verdict.why.fields) this.#count('differsByField', field);
        return;
      case 'dead_letter':
        numbers.deadLetters += 1;
        this.#count('deadLettersByCode', verdict.code);
        return;
      case 'skipped':
        numbers.skipped += 1;
        this.#count('skippedByType', type ?? '');
    }
  }

  toJSON(): ReplayCountsJson {
    const tallies = TALLIES.map((name) => [name, Object.fromEntries(this.#tallies[name])]);
    return { ...this.#numbers, ...Object.fromEntries(tallies) } as ReplayCountsJson;
  }

  #count(name: (typeof TALLIES)[number], key: string): void {
    const tally = this.#tallies[name];
    const counted = tally.has(key) || tally.size < MOST_KEYS ? key : OTHERS;
    tally.set(counted, (tally.get(counted) ?? 0) + 1);
  }
}
