import 'reflect-metadata';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { openManagementPort, ProcessHealth, runProgram, tellParent } from '#libs/observability';
import { API_MANAGEMENT_PORT, readApiSettings } from '#libs/settings';
import { ApiHealth } from './api.health';
import { ApiModule } from './api.module';
import { configureHttp, listen } from './http/server';

/** SIGTERM to exit at most, whatever a client or the database does. Kubernetes gives 30 s; the contract 20. */
const STOP_WITHIN_MS = 18_000;

async function main(): Promise<void> {
  const settings = readApiSettings(process.env);
  const health = new ProcessHealth();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { managementHost: host, managementPort } = settings;
  const address = { host, port: managementPort ?? API_MANAGEMENT_PORT };
  const management = await openManagementPort(address, { health, registry });
  tellParent({ managementPort: management.port });

  const app = await NestFactory.create<NestExpressApplication>(ApiModule.with(settings, registry), {
    bufferLogs: true,
    abortOnError: false,
    bodyParser: false,
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  configureHttp(app);
  health.readyWhen(() => app.get(ApiHealth).checks());
  await listen(app, settings);
  const { port } = app.getHttpServer().address() as AddressInfo;
  logger.log(
    `the API on http://${settings.httpHost}:${port}, health and metrics on http://${host}:${management.port}`,
  );
  tellParent({ ready: true, httpPort: port });

  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      health.stop();
      logger.log(`${signal}: answering what was asked`);
      setTimeout(() => {
        logger.fatal(`what was asked was not answered within ${STOP_WITHIN_MS} ms`);
        process.exit(1);
      }, STOP_WITHIN_MS).unref();
      // A connection that is kept alive past its last answer would be waited for.
      setInterval(() => (app.getHttpServer() as Server).closeIdleConnections(), 100).unref();
      void app.close().then(() => process.exit(0));
    });
  }
}

runProgram('The API', main);
