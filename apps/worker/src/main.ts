import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { type AsyncMicroserviceOptions } from '@nestjs/microservices';
import { Logger } from 'nestjs-pino';
import { readSettings, SettingsError } from '#libs/settings';
import { ConsumerFactory } from './consumer.factory';
import { WorkerModule } from './worker.module';

/** SIGTERM to exit at most, whatever a batch or the broker does. Kubernetes gives 30 s; the contract 20. */
const STOP_WITHIN_MS = 18_000;

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(WorkerModule.with(settings), {
    bufferLogs: true,
    abortOnError: false,
    inject: [ConsumerFactory],
    useFactory: (consumers: ConsumerFactory) => ({ strategy: consumers.create(exitWith, announceReady) }),
  });
  const logger = app.get(Logger);
  app.useLogger(logger);

  let stopping: Promise<never> | undefined;
  const stop = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(code || 1), STOP_WITHIN_MS).unref();
    await app.close();
    process.exit(code);
  };
  function exitWith(error: Error): void {
    logger.fatal(`stopped: ${error.message}`);
    stopping ??= stop(1);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.log(`${signal}: finishing the batches under way`);
      stopping ??= stop(0);
    });
  }
  await app.listen();
}

/** Tells a parent process, if there is one, that the worker has its partitions. */
function announceReady(): void {
  process.send?.({ ready: true });
}

main().catch((error: unknown) => {
  const { name, message } = error as Error;
  process.stderr.write(`The worker did not start: ${message}\n`);
  process.exit(name === SettingsError.name ? 2 : 1);
});
