import { type NextFunction, type Request, type Response } from 'express';
import { type Instruments } from '#libs/observability';
import { type AskingRequest } from './asked';

/** Times every request by the route that served it, refused ones among them. */
export function requestMeter({ httpRequests }: Pick<Instruments, 'httpRequests'>) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const began = performance.now();
    response.once('close', () => {
      const { endpoint } = request as AskingRequest;
      // What no route serves is one series, whatever was asked for.
      const route = endpoint ? endpoint.name : 'none';
      if (endpoint?.answer === null) return;
      httpRequests.observe(
        { route, status: String(response.statusCode) },
        (performance.now() - began) / 1_000,
      );
    });
    next();
  };
}
