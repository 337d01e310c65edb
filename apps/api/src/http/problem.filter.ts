import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { Logger } from 'nestjs-pino';
import { LIMITS, type Problem, problemType, PROBLEMS } from '#libs/contracts';
import { StoreOutage, StoreRefusal, TooManyWaiting } from '#libs/processing';
import { problem, RequestProblem } from './problem';
import { type ServedMethods } from './served.methods';

/** Seconds after which whoever met an outage is to come again. */
const OUTAGE_RETRY_AFTER = 2;

/** Answers whatever is thrown as `application/problem+json`. What is nobody's mistake but ours is logged, and told without details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly served: ServedMethods,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const found = this.#otherMethod(error, request, response) ?? asProblem(error);
    logFailure(this.logger, request, error);
    // A stream that has begun can only end.
    if (response.headersSent) {
      response.end();
      return;
    }
    const { retryAfter } = found.more;
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    if (found.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer');
    response
      .status(found.status)
      .type('application/problem+json')
      .send(JSON.stringify(problemBody(found, request)));
  }

  /** The router says of a method that a path does not have what it says of a path that is not there. */
  #otherMethod(error: unknown, request: Request, response: Response): RequestProblem | null {
    const methods = isNotRouted(error) ? this.served.of(request.path) : [];
    if (methods.length === 0) return null;
    response.setHeader('allow', methods.join(', '));
    return problem('method_not_allowed', `this path has ${methods.join(', ')}`);
  }
}

/** Logs what a request, or a part of it, failed with where that is ours to mend. */
export function logFailure(logger: Logger, { method, id }: Request, error: unknown): void {
  const { status, message } = asProblem(error);
  if (status >= 500) logger.error({ msg: `${method} failed: ${message}`, err: error, requestId: id });
}

/** The problem as it is answered. */
export function problemBody({ code, message, more }: RequestProblem, { id }: Pick<Request, 'id'>): Problem {
  const { title, status } = PROBLEMS[code];
  const { errors, task, endedAt } = more;
  return {
    type: problemType(code),
    title,
    status,
    detail: message,
    code,
    instance: `urn:conversation-tasks:request:${String(id)}`,
    ...(errors && { errors }),
    ...(task && { task }),
    ...(endedAt && { endedAt }),
  };
}

/** What a thrown thing is to whoever made the request. */
export function asProblem(error: unknown): RequestProblem {
  if (error instanceof RequestProblem) return error;
  if (error instanceof TooManyWaiting)
    return problem('too_many_requests', 'more commands wait than can be applied', { retryAfter: 1 });
  if (error instanceof StoreOutage)
    return problem(
      'unavailable',
      'the database cannot be reached; with an Idempotency-Key, asking again is safe',
      {
        retryAfter: OUTAGE_RETRY_AFTER,
      },
    );
  if (error instanceof StoreRefusal)
    return problem('invalid', 'the request has a value that cannot be stored');
  if (isNotRouted(error)) return problem('not_found', 'there is no such path: /docs has those there are');
  return bodyProblem(error as BodyError) ?? problem('internal', 'this is our fault, and it is in the log');
}

const isNotRouted = (error: unknown): boolean => error instanceof HttpException && error.getStatus() === 404;

/** As express' body parser and router throw. */
interface BodyError {
  type?: string;
  status?: number;
}

function bodyProblem({ type, status }: BodyError): RequestProblem | null {
  switch (type) {
    case 'entity.too.large':
      return problem('too_large', `a body has at most ${LIMITS.messageBytes / 1024} KiB`);
    case 'entity.parse.failed':
      return problem('malformed', 'the body is no JSON object');
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return problem(
        'unsupported_media_type',
        'a body is JSON in UTF-8, as it is or with gzip, deflate or br',
      );
    default:
      return status !== undefined && status >= 400 && status < 500
        ? problem('malformed', 'the request cannot be read')
        : null;
  }
}
