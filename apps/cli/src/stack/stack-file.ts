import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isRunning, ownIdentity, type ProcessIdentity, projectRoot } from '#libs/stack';

/** What `start` remembers between runs, and tells commands in other terminals. */
interface StackFile {
  /** Made once; the data the servers keep depends on them. */
  passwords: { owner: string; application: string };
  /** Those of the last start, taken again by the next one. */
  ports?: { kafka: number; postgres: number };
  /** The `start` that runs now, if its process still does. */
  running?: { owner: ProcessIdentity; environment: Record<string, string> };
}

/** The folder with everything `start` keeps: DATA_DIR, else .data/, which git ignores. */
export function dataFolder(): string {
  return resolve(projectRoot(), process.env.DATA_DIR?.trim() || '.data');
}

/** A path in it as people see it: from the project's folder. */
export function shownPath(...parts: string[]): string {
  return relative(projectRoot(), join(dataFolder(), ...parts));
}

function path(): string {
  return join(dataFolder(), 'stack.json');
}

function read(): StackFile | null {
  return existsSync(path()) ? (JSON.parse(readFileSync(path(), 'utf8')) as StackFile) : null;
}

/** Written aside and renamed: a killed start leaves the old file, not half a one. Holds passwords: its owner's alone. */
function write(content: StackFile): void {
  mkdirSync(dataFolder(), { recursive: true });
  writeFileSync(`${path()}.new`, JSON.stringify(content, null, 2), { mode: 0o600 });
  renameSync(`${path()}.new`, path());
}

/** The passwords of this folder's stack, made at the first call. */
export function stackPasswords(): StackFile['passwords'] {
  const found = read();
  if (found) return found.passwords;
  const [owner, application] = [0, 1].map(() => randomBytes(18).toString('base64url')) as [string, string];
  write({ passwords: { owner, application } });
  return { owner, application };
}

/** One port: the environment's, else the last start's, else the usual one. */
function portFrom(variable: string, last: number | undefined, usual: number): number {
  const value = process.env[variable]?.trim();
  if (!value) return last ?? usual;
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} must be a port number from 1 to 65535`);
}

/** KAFKA_PORT and POSTGRES_PORT: where our own servers listen, kept for the next start. */
export function choosePorts(): { kafka: number; postgres: number } {
  const passwords = stackPasswords();
  const last = read()?.ports;
  const ports = {
    kafka: portFrom('KAFKA_PORT', last?.kafka, 9092),
    postgres: portFrom('POSTGRES_PORT', last?.postgres, 5432),
  };
  write({ ...read(), passwords, ports });
  return ports;
}

/** Notes that this process runs the stack, or (null) that it no longer does. */
export function noteRunning(environment: Record<string, string> | null): void {
  const { running: _, ...rest } = read() ?? { passwords: stackPasswords() };
  write(environment ? { ...rest, running: { owner: ownIdentity(), environment } } : rest);
}

/** The process that runs this folder's stack, or null. */
export function runningStart(): ProcessIdentity | null {
  const owner = read()?.running?.owner;
  return owner && isRunning(owner) ? owner : null;
}

/**
 * The settings of the stack that an `npm start` of this folder runs, so that commands in another terminal find it
 * without any; null when none runs.
 */
export function stackEnvironment(): Record<string, string> | null {
  return runningStart() ? (read()?.running?.environment ?? null) : null;
}
