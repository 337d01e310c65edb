import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root';
import { StackError } from './stack-error';

/** The version in docker/kafka-native/pom.xml. */
const KAFKA_VERSION = '4.4.0';

const WITHOUT_THEM = 'or start Docker, or set KAFKA_BROKERS and DATABASE_URL to servers of your own';

/**
 * Finds Java 17 or newer.
 * @returns the java program
 * @throws StackError when there is none or it is too old
 */
function requireJava(): string {
  const program = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const result = spawnSync(program, ['-version'], { encoding: 'utf8' });
  if (result.error || result.status !== 0) {
    throw new StackError(
      'Java is missing',
      `install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), ${WITHOUT_THEM}`,
    );
  }
  // "1.8.0_392" is Java 8; "17.0.15" is 17.
  const version = /version "(?:1\.)?(\d+)/.exec(result.stderr + result.stdout)?.[1];
  if (version !== undefined && Number(version) < 17) {
    throw new StackError(
      `Java ${version} is too old`,
      `install Java 17 or newer and put it first in PATH or in JAVA_HOME, ${WITHOUT_THEM}`,
    );
  }
  return program;
}

/** Copies the jars into a folder with Maven; rejects with its first error line. */
function copyJars(target: string): Promise<void> {
  const args = ['-q', '-B', '-f', join(projectRoot(), 'docker', 'kafka-native', 'pom.xml')];
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
        new StackError(
          'Maven (mvn) is missing',
          `install it (Debian: apt-get install maven), ${WITHOUT_THEM}`,
          { cause: error },
        ),
      ),
    );
    maven.once('close', (code) => {
      process.off('exit', end);
      if (code === 0) return resolve();
      const line = output.split('\n').find((text) => text.includes('ERROR')) ?? `exit code ${code}`;
      reject(
        new StackError(
          `Maven could not fetch Kafka's jars: ${line.trim()}`,
          `check the network and try again, ${WITHOUT_THEM}`,
        ),
      );
    });
  });
}

/** Where Java is and where the broker's jars are. */
export interface KafkaProgram {
  java: string;
  /** For java's -cp. Holds kafka-clients too, for Java clients in tests. */
  classPath: string;
}

/**
 * The Kafka broker's jars, fetched through Maven once (43 MB) into .cache/. They appear there by a rename: an
 * interrupted download leaves nothing behind that looks complete, and two at once do not disturb each other.
 * @param log gets a line when there is something to wait for
 * @throws StackError when Java, Maven or the network is missing
 */
export async function kafkaProgram(log: (line: string) => void): Promise<KafkaProgram> {
  const java = requireJava();
  const cache = join(projectRoot(), '.cache', `kafka-${KAFKA_VERSION}`);
  const jars = join(cache, 'libs');
  if (!existsSync(jars)) {
    log(`fetching Apache Kafka ${KAFKA_VERSION} through Maven (43 MB, once)`);
    mkdirSync(cache, { recursive: true });
    const unfinished = join(cache, `unfinished-${process.pid}`);
    rmSync(unfinished, { recursive: true, force: true });
    try {
      await copyJars(unfinished);
      if (!existsSync(jars)) renameSync(unfinished, jars);
    } catch (error) {
      // Another process was faster with its rename: its jars are as good.
      if (!existsSync(jars)) throw error;
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return { java, classPath: join(jars, '*') };
}
