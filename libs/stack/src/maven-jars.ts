import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root';
import { StackError } from './stack-error';

/** Jars that a pom in docker/ names. */
export interface JarSet {
  /** The folder in docker/ with the pom. */
  pom: string;
  /** The folder in .cache/: with the version, so that another one is fetched anew. */
  cache: string;
  /** What is said while they are fetched. */
  title: string;
  /** How a person can do without them, as the end of a sentence that says what is missing. */
  without: string;
}

/**
 * A pom's jars, fetched through Maven once into .cache/. They appear there by a rename: an interrupted download leaves nothing
 * behind that looks complete, and two at once do not disturb each other.
 * @param log gets a line when there is something to wait for
 * @returns what java's -cp takes
 * @throws StackError when Maven or the network is missing
 */
export async function fetchedJars(set: JarSet, log: (line: string) => void): Promise<string> {
  const cache = join(projectRoot(), '.cache', set.cache);
  const jars = join(cache, 'libs');
  if (!existsSync(jars)) {
    log(`fetching ${set.title} through Maven`);
    mkdirSync(cache, { recursive: true });
    const unfinished = join(cache, `unfinished-${process.pid}`);
    rmSync(unfinished, { recursive: true, force: true });
    try {
      await copyJars(set, unfinished);
      if (!existsSync(jars)) renameSync(unfinished, jars);
    } catch (error) {
      // Another process was faster with its rename: its jars are as good.
      if (!existsSync(jars)) throw error;
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return join(jars, '*');
}

/** Copies the jars into a folder with Maven; rejects with its first error line. */
function copyJars({ pom, title, without }: JarSet, target: string): Promise<void> {
  const args = ['-q', '-B', '-f', join(projectRoot(), 'docker', pom, 'pom.xml')];
  args.push('dependency:copy-dependencies', `-DoutputDirectory=${target}`);
  return new Promise((resolve, reject) => {
    const maven = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // A download must not go on when this process ends.
    const end = (): boolean => maven.kill();
    process.once('exit', end);
    let output = '';
    maven.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    maven.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    maven.once('error', (error) =>
      reject(
        new StackError('Maven (mvn) is missing', `install it (Debian: apt-get install maven)${without}`, {
          cause: error,
        }),
      ),
    );
    maven.once('close', (code) => {
      process.off('exit', end);
      if (code === 0) return resolve();
      const line = output.split('\n').find((text) => text.includes('ERROR')) ?? `exit code ${code}`;
      reject(
        new StackError(
          `Maven could not fetch ${title}: ${line.trim()}`,
          `check the network and try again${without}`,
        ),
      );
    });
  });
}
