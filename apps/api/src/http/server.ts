import { type Server } from 'node:http';
import { type NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { LIMITS } from '#libs/contracts';
import { asListenProblem, type Instruments, type OtlpTracing } from '#libs/observability';
import { type ApiSettings } from '#libs/settings';
import { INSTRUMENTS, TRACING } from '../tokens';
import { requestMeter } from './request.meter';
import { requestTracer } from './request.tracer';

/** What a client has for sending a request. */
const REQUEST_WITHIN_MS = 30_000;
/** Longer than what load balancers keep idle connections for, so that they do not send into one that closes. */
const KEEP_ALIVE_MS = 75_000;

/** What every request passes before it comes to a route. */
export function configureHttp(app: NestExpressApplication): void {
  app.disable('x-powered-by');
  // Versions are the only ETags: one over the body would be another for what has not changed.
  app.set('etag', false);
  app.use(requestMeter(app.get<Instruments>(INSTRUMENTS)));
  app.use(requestTracer(app.get<OtlpTracing | null>(TRACING)));
  app.use(helmet());
  app.useBodyParser('json', { limit: LIMITS.messageBytes, type: ['application/json', 'application/*+json'] });
}

/** @throws SettingsError naming `HTTP_PORT` or `HTTP_HOST` when it cannot listen there. */
export async function listen(
  app: NestExpressApplication,
  { httpHost, httpPort }: ApiSettings,
): Promise<void> {
  const server = app.getHttpServer() as Server;
  server.requestTimeout = REQUEST_WITHIN_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    await app.listen(httpPort, httpHost);
  } catch (error) {
    throw asListenProblem(error, { port: 'HTTP_PORT', host: 'HTTP_HOST' });
  }
}
