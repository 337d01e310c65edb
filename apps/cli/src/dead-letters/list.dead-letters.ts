import { type Kafka } from 'kafkajs';
import { TASK_DEAD_LETTERS_TOPIC } from '#libs/contracts';
import { type RawRecord } from '#libs/processing';
import { headerOf } from '../events/record.text';
import { readWholeTopic } from '../reading/read.topic';

/** One dead letter, for people: where it came from and why it is here. */
export interface DeadLetterLine {
  /** Where the letter is: partition and offset of the dead letters' topic. */
  partition: number;
  offset: string;
  origin: { topic: string; partition: number; offset: string };
  key: string | null;
  stage: string;
  code: string;
  message: string;
  at: string;
  attempt: number;
}

export interface DeadLetterList {
  /** All that are kept, whatever `newest` has. */
  total: number;
  byCode: Record<string, number>;
  /** The newest ones, newest first. */
  newest: DeadLetterLine[];
}

/** Counts the dead letters kept, and gives the newest. Memory is bounded by how many of those are wanted. */
export async function listDeadLetters(
  kafka: Kafka,
  topicPrefix: string,
  limit: number,
): Promise<DeadLetterList> {
  const list = new DeadLetterTally(limit);
  await readWholeTopic(kafka, { name: TASK_DEAD_LETTERS_TOPIC, topicPrefix }, (record) => list.add(record));
  return list.result();
}

/** Counts dead letters one by one and keeps the newest. */
export class DeadLetterTally {
  readonly #byCode = new Map<string, number>();
  #newest: DeadLetterLine[] = [];
  #total = 0;

  constructor(private readonly limit: number) {}

  add(record: RawRecord): void {
    const letter = letterOf(record);
    this.#total += 1;
    this.#byCode.set(letter.code, (this.#byCode.get(letter.code) ?? 0) + 1);
    this.#newest.push(letter);
    if (this.#newest.length > this.limit * 2 + 100) this.#newest = this.#latest();
  }

  result(): DeadLetterList {
    const byCode = [...this.#byCode].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
    return { total: this.#total, byCode: Object.fromEntries(byCode), newest: this.#latest() };
  }

  #latest(): DeadLetterLine[] {
    return this.#newest.sort((a, b) => b.at.localeCompare(a.at)).slice(0, this.limit);
  }
}

function letterOf(record: RawRecord): DeadLetterLine {
  const of = (name: string): string => headerOf(record.headers, `errors.${name}`) ?? '';
  return {
    partition: record.partition,
    offset: record.offset,
    origin: { topic: of('topic'), partition: Number(of('partition')), offset: of('offset') },
    key: record.key?.toString('utf8') ?? null,
    stage: of('stage'),
    code: of('code'),
    message: of('message'),
    at: of('at'),
    attempt: Number(of('attempt')),
  };
}
