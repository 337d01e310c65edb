import 'reflect-metadata';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { describeError, openManagementPort, ProcessHealth } from '#libs/observability';
import { API_MANAGEMENT_PORT, readApiSettings, SettingsError } from '#libs/settings';
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

/** What a parent process, if there is one, waits for. */
function tellParent(news: { managementPort: number } | { ready: true; httpPort: number }): void {
  process.send?.(news);
}

/** What nobody caught, without its properties: Node would print them all, and in a database's error they are what customers said. */
process.on('uncaughtException', (error: unknown) => {
  const line = { level: 60, time: Date.now(), msg: 'an error that nobody caught', err: describeError(error) };
  process.stderr.write(`${JSON.stringify(line)}\n`);
  process.exit(1);
});

main().catch((error: unknown) => {
  const { name, message } = error as Error;
  process.stderr.write(`The API did not start: ${message}\n`);
  process.exit(name === SettingsError.name ? 2 : 1);
});
