import { type AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { SettingsError } from '#libs/settings';
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
    throw asSettingsError(error);
  }
  return { port: portOf(app), close: () => app.close() };
}

function portOf(app: INestApplication): number {
  return (app.getHttpServer().address() as AddressInfo).port;
}

const PROBLEMS: Record<string, { variable: string; shouldBe: string }> = {
  EADDRINUSE: {
    variable: 'MANAGEMENT_PORT',
    shouldBe:
      'must be a free port: another process listens there already (0 takes any free one, and the log says which)',
  },
  EACCES: { variable: 'MANAGEMENT_PORT', shouldBe: 'must be a port that this user may open, 1024 or above' },
  EADDRNOTAVAIL: { variable: 'MANAGEMENT_HOST', shouldBe: 'must be an address of this machine' },
  ENOTFOUND: { variable: 'MANAGEMENT_HOST', shouldBe: 'must be an address of this machine, or its name' },
};

function asSettingsError(error: unknown): unknown {
  const problem = PROBLEMS[(error as NodeJS.ErrnoException).code ?? ''];
  return problem ? new SettingsError([problem], { cause: error }) : error;
}
