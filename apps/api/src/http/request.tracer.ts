import { type NextFunction, type Request, type Response } from 'express';
import { type OtlpTracing, RequestSpan } from '#libs/observability';
import { type AskingRequest } from './asked';
import { traceparentOf } from './reading';

/** Gives every request a span, refused ones too, but no stream: that would be one of days. @param tracing null when no traces are wanted. */
export function requestTracer(tracing: Pick<OtlpTracing, 'tracer'> | null) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!tracing) return next();
    const asking = request as AskingRequest;
    const span = new RequestSpan(tracing.tracer, request.method, traceparentOf(request));
    asking.span = span;
    response.once('close', () => {
      const { endpoint } = asking;
      if (endpoint?.answer !== null) span.end(endpoint && `/v1${endpoint.path}`, response.statusCode);
    });
    next();
  };
}
