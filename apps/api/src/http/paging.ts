import { createHash } from 'node:crypto';
import { type Keyset, type Page } from '#libs/persistence';
import { invalid } from './problem';

/** Things on a page unless said. */
const PAGE = 50;

interface Paging {
  limit?: number;
  cursor?: string;
}

/**
 * A cursor is where a page ended, and which question it belongs to: with another one it would skip what it has never seen. Opaque to
 * callers, so that it may become something else.
 */
export class Pages {
  readonly limit: number;
  readonly after: Keyset | null;
  readonly #question: string;

  /**
   * @param question all that says which things, and in which order.
   * @throws RequestProblem `invalid` for a cursor that is none, or another question's.
   */
  constructor({ limit, cursor }: Paging, question: unknown) {
    this.limit = limit ?? PAGE;
    this.#question = createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 12);
    this.after = cursor === undefined ? null : this.#read(cursor);
  }

  /** The page as it is answered. */
  answer<T>({ items, next }: Page<T>): { items: T[]; next: string | null } {
    const cursor = next && Buffer.from(JSON.stringify([this.#question, ...next])).toString('base64url');
    return { items, next: cursor };
  }

  #read(cursor: string): Keyset {
    const parts = textsIn(Buffer.from(cursor, 'base64url').toString());
    if (!parts || parts.length < 2 || parts[0] !== this.#question) {
      const message = 'cursor must be the `next` of a page of this very list: begin anew without it';
      throw invalid([{ field: 'cursor', message }]);
    }
    return parts.slice(1);
  }
}

function textsIn(json: string): string[] | null {
  try {
    const value: unknown = JSON.parse(json);
    const isTexts = Array.isArray(value) && value.every((part) => typeof part === 'string');
    return isTexts ? (value as string[]) : null;
  } catch {
    return null;
  }
}
