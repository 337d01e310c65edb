import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';
import { type RequestSpan } from '#libs/observability';
import { type Caller } from '../auth/caller';
import { type Endpoint } from './endpoint';

/** A request that was let in: who makes it, and what it says, all of it checked. */
export interface Asked<Body = unknown, Query = unknown> {
  caller: Caller;
  params: Record<string, string>;
  query: Query;
  body: Body;
  /** From `Idempotency-Key`. */
  idempotencyKey: string | null;
  /** From `If-Match`: the version the caller has seen; null when any will do. */
  expectedVersion: number | null;
  /** What the request leads to goes on from here. */
  traceparent: string | undefined;
}

/** `endpoint`: the one that serves it, once that is known. `span`: where traces are on. */
export type AskingRequest = Request & { asked?: Asked; endpoint?: Endpoint; span?: RequestSpan };

/** Gives a handler what was asked. */
export const AskedOf = createParamDecorator(
  (_: unknown, context: ExecutionContext): Asked => context.switchToHttp().getRequest<AskingRequest>().asked!,
);
