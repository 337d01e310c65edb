import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { NestFactory } from '@nestjs/core';
import { type AsyncMicroserviceOptions } from '@nestjs/microservices';
import { Logger } from 'nestjs-pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  describeError,
  openManagementPort,
  ProcessHealth,
  runProgram,
  tellParent,
} from '#libs/observability';
import { readSettings, WORKER_MANAGEMENT_PORT } from '#libs/settings';
import { ConsumerFactory } from './consumer.factory';
import { WorkerModule } from './worker.module';
import { WorkerWatch } from './worker.watch';

/** SIGTERM to exit at most, whatever a batch or the broker does. Kubernetes gives 30 s; the contract 20. */
const STOP_WITHIN_MS = 18_000;
/** What stands still will not finish either; but a group that is left in good order hands its partitions on at once. */
const STALLED_STOP_WITHIN_MS = 3_000;

/**
 * How far the heap may grow beyond what lives in it before it is collected. V8 decides by the machine's memory: with 24 GiB it let
 * 75 MiB of live objects grow to 550 before it looked. Not a limit: a batch that needs more gets more.
 */
const HEAP_GROWTH_PERCENT = 50;

async function main(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const settings = readSettings(process.env);
  const health = new ProcessHealth();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Before all else: it answers while the worker still waits for its database.
  const { managementHost: host, managementPort } = settings;
  const address = { host, port: managementPort ?? WORKER_MANAGEMENT_PORT };
  const management = await openManagementPort(address, { health, registry });
  tellParent({ managementPort: management.port });

  const worker = WorkerModule.with(settings, registry);
  const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(worker, {
    bufferLogs: true,
    abortOnError: false,
    inject: [ConsumerFactory, WorkerWatch],
    useFactory: (consumers: ConsumerFactory, watch: WorkerWatch) => {
      const strategy = consumers.create(exitWith, whenJoined);
      watch.begin(strategy, (error) => exitWith(error, STALLED_STOP_WITHIN_MS));
      health.readyWhen(() => watch.checks());
      return { strategy };
    },
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  logger.log(`health and metrics on http://${host}:${management.port}`);

  let stopping: Promise<never> | undefined;
  const end = (code: number, error?: Error): never => {
    if (error) logger.fatal({ msg: `stopped: ${describeError(error).message}`, err: error });
    process.exit(code);
  };
  const stop = async (code: number, withinMs: number, error?: Error): Promise<never> => {
    const late = error ?? new Error(`what was under way did not end within ${withinMs} ms`);
    setTimeout(() => end(code || 1, late), withinMs).unref();
    await app.close();
    return end(code, error);
  };
  function exitWith(error: Error, withinMs = STOP_WITHIN_MS): void {
    health.fail(describeError(error).message);
    logger.error({ msg: 'stopping for good', err: error });
    stopping ??= stop(1, withinMs, error);
  }
  function whenJoined(): void {
    tellParent({ ready: true });
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      health.stop();
      logger.log(`${signal}: finishing the batches under way`);
      stopping ??= stop(0, STOP_WITHIN_MS);
    });
  }
  await app.listen();
}

runProgram('The worker', main);
