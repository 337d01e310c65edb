import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Response } from 'express';
import { type RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { type Caller, hasOneOf } from '../auth/caller';
import { type TokenVerifier } from '../auth/token.verifier';
import { type AskingRequest } from './asked';
import { ENDPOINT, type Endpoint } from './endpoint';
import { problem } from './problem';
import { RequestReader, traceparentOf } from './reading';

/** Lets requests in: who it is, whether they may, whether not too often, and whether what they say is right; in this order. */
@Injectable()
export class Gate implements CanActivate {
  readonly #readers = new Map<Endpoint, RequestReader>();

  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
    private readonly limiter: RateLimiterMemory,
  ) {}

  /** @throws RequestProblem */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = this.reflector.get<Endpoint | undefined>(ENDPOINT, context.getHandler());
    // What has no endpoint is public: the documentation.
    if (!endpoint) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AskingRequest>();
    request.endpoint = endpoint;
    const caller = await this.tokens.verify(bearerOf(request));
    if (!hasOneOf(caller, endpoint.roles))
      throw problem('forbidden', `this needs one of the roles ${endpoint.roles.join(', ')}`);
    await this.#spend(caller, http.getResponse<Response>());
    const reader = this.#readerOf(endpoint);
    request.asked = {
      caller,
      params: request.params as Record<string, string>,
      query: reader.query(request),
      body: reader.body(request),
      idempotencyKey: reader.idempotencyKey(request),
      expectedVersion: reader.expectedVersion(request),
      traceparent: request.span ? request.span.continued : traceparentOf(request),
    };
    return true;
  }

  #readerOf(endpoint: Endpoint): RequestReader {
    const known = this.#readers.get(endpoint) ?? new RequestReader(endpoint);
    this.#readers.set(endpoint, known);
    return known;
  }

  async #spend({ tenantId, id }: Caller, response: Response): Promise<void> {
    try {
      await this.limiter.consume(`${tenantId}\0${id}`);
    } catch (refused) {
      const { msBeforeNext } = refused as RateLimiterRes;
      const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1_000));
      response.setHeader('ratelimit-limit', this.limiter.points);
      throw problem(
        'too_many_requests',
        `more requests than ${this.limiter.points} in ${this.limiter.duration} s`,
        {
          retryAfter,
        },
      );
    }
  }
}

function bearerOf(request: AskingRequest): string {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(request.header('authorization') ?? '')?.[1];
  if (token === undefined)
    throw problem(
      'unauthenticated',
      'a token is needed: Authorization: Bearer … (npm run cli -- token makes one for this machine)',
    );
  return token;
}
