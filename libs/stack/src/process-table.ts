import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** One process as the operating system shows it. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  /** When it started, in the system's own words: with the pid it tells a process from a later one with the same pid. */
  started: string;
  command: string;
}

const HAS_PROC = existsSync('/proc/self/stat');

/** Reads /proc/<pid>; null when there is no such process or it is a zombie. */
function fromProc(pid: number): ProcessEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold blanks and parentheses: the fields start after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(fields[1]), started: fields[19] ?? '', command };
  } catch {
    return null;
  }
}

/** Asks ps, for systems without /proc. */
function fromPs(selection: string[]): ProcessEntry[] {
  let output: string;
  try {
    output = execFileSync('ps', [...selection, '-ww', '-o', 'pid=,ppid=,stat=,lstart=,command='], {
      encoding: 'utf8',
    });
  } catch {
    return [];
  }
  const line = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/;
  return output.split('\n').flatMap((text) => {
    const match = line.exec(text);
    if (!match || match[3]!.startsWith('Z')) return [];
    return [{ pid: Number(match[1]), parent: Number(match[2]), started: match[4]!, command: match[5]! }];
  });
}

/** The running process with this pid, or null. */
export function findProcess(pid: number): ProcessEntry | null {
  return HAS_PROC ? fromProc(pid) : (fromPs(['-p', String(pid)])[0] ?? null);
}

/** All processes this user may see. */
export function listProcesses(): ProcessEntry[] {
  if (!HAS_PROC) return fromPs(['-A']);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => fromProc(Number(name)) ?? []);
}

/** The pids of everything below a process, nearest first. */
export function descendants(pid: number): number[] {
  const all = listProcesses();
  const found: number[] = [];
  for (let level = [pid]; level.length > 0;) {
    level = all.filter((entry) => level.includes(entry.parent)).map((entry) => entry.pid);
    found.push(...level);
  }
  return found;
}

/** Which process it is, beyond its pid: for pid files. */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** The identity of this very process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: findProcess(process.pid)?.started ?? '' };
}

/** True while exactly that process runs; false when it ended, also when its pid now belongs to another. */
export function isRunning(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.started === identity.started;
}
