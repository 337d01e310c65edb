import { type AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { asListenProblem } from './listen.problem';
import { type Management, ManagementModule } from './management.module';

/** Where the management port listens. */
export interface ManagementAddress {
  host: string;
  /** 0: any free one. */
  port: number;
}

/** The management port of this process, open. */
export interface ManagementServer {
  /** The one it got, where any free one was wanted. */
  port: number;
  close(): Promise<void>;
}

/**
 * Opens the management port. It is a Nest application of its own, beside the process's: so it answers while that one still waits
 * for its database, and when HTTP is served on another port.
 *
 * @throws SettingsError naming `MANAGEMENT_PORT` or `MANAGEMENT_HOST` when it cannot listen there.
 */
export async function openManagementPort(
  { host, port }: ManagementAddress,
  management: Management,
): Promise<ManagementServer> {
  const module = ManagementModule.with(management);
  const app = await NestFactory.create<NestExpressApplication>(module, { logger: false, bodyParser: false });
  app.disable('x-powered-by');
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw asListenProblem(error, { port: 'MANAGEMENT_PORT', host: 'MANAGEMENT_HOST' });
  }
  return { port: portOf(app), close: () => app.close() };
}

function portOf(app: INestApplication): number {
  return (app.getHttpServer().address() as AddressInfo).port;
}
