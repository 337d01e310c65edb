import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from './stack-error';

/** A way to run a program that refuses to run as root. */
export interface Unprivileged {
  /** Who it runs as; absent when we are not root ourselves. */
  user?: { uid: number; gid: number };
  /** What goes before the program, e.g. setpriv and its options. */
  prefix: string[];
  /** For spawn: who the process is started as (not with a prefix, which changes the user itself). */
  spawnAs: { uid?: number; gid?: number };
}

/** The numeric ids of a user, from the system's user table; null when there is none. */
function lookUp(name: string): { uid: number; gid: number } | null {
  const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
  if (ids.some((id) => id.status !== 0)) return null;
  return { uid: Number(ids[0]!.stdout), gid: Number(ids[1]!.stdout) };
}

/** The folder on the way to a path that a user may not enter, or null. */
function blockedAt(path: string, user: { uid: number; gid: number }): string | null {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** Linux capabilities that let a process pass folders closed to it, the weaker first, with their bit numbers. */
const PASSING = [
  { name: 'dac_read_search', bit: 2n },
  { name: 'dac_override', bit: 1n },
];

/** setpriv's options that change the user and keep one such capability; null where that cannot be done. */
function setprivPrefix(user: { uid: number; gid: number }): string[] | null {
  if (!existsSync('/proc/self/status') || spawnSync('setpriv', ['--version']).status !== 0) return null;
  const effective = BigInt(
    `0x${/CapEff:\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`,
  );
  const passing = PASSING.find(({ bit }) => (effective >> bit) & 1n);
  if (!passing) return null;
  const kept = [`--inh-caps=-all,+${passing.name}`, `--ambient-caps=-all,+${passing.name}`];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...kept, '--'];
}

/**
 * How to run a program that refuses root. As an ordinary user: just so. As root: as user postgres, or nobody where
 * that is missing. When the project or its data lies in a folder closed to that user (/root, a mktemp folder), the
 * program keeps the one capability that lets it in, rather than have us open the folder to everybody.
 * @param paths what it must be able to reach
 * @throws StackError when root cannot hand the program down
 */
export function unprivileged(paths: string[]): Unprivileged {
  if (process.getuid?.() !== 0) return { prefix: [], spawnAs: {} };
  const user = lookUp('postgres') ?? lookUp('nobody');
  if (!user)
    throw new StackError(
      'PostgreSQL does not run as root, and there is no user postgres',
      'run this as an ordinary user',
    );
  const blocked = paths.map((path) => blockedAt(path, user)).find((folder) => folder !== null);
  if (!blocked) return { user, prefix: [], spawnAs: user };
  const prefix = setprivPrefix(user);
  if (!prefix) {
    throw new StackError(
      `PostgreSQL does not run as root, and the user it runs as instead may not enter ${blocked}`,
      `run this as an ordinary user, put the project elsewhere, or: chmod o+x ${blocked}`,
    );
  }
  return { user, prefix, spawnAs: {} };
}
