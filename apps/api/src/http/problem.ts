import { type FieldProblem, type ProblemCode, PROBLEMS } from '#libs/contracts';
import { type Task } from '#libs/domain';

/** What a problem says beside its code and its detail. */
export interface ProblemMore {
  errors?: FieldProblem[];
  task?: Task;
  endedAt?: string;
  /** Seconds after which to try again: `Retry-After`. */
  retryAfter?: number;
  cause?: unknown;
}

/** Why a request is refused; thrown, and answered as RFC 9457 says. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly more: ProblemMore = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = PROBLEMS[code].status;
  }
}

export const problem = (code: ProblemCode, detail: string, more?: ProblemMore): RequestProblem =>
  new RequestProblem(code, detail, more);

/** Fields that are wrong, as one problem. */
export function invalid(errors: FieldProblem[]): RequestProblem {
  return problem('invalid', errors.map(({ message }) => message).join('; '), { errors });
}
