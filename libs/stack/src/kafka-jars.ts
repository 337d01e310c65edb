import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fetchedJars, type JarSet } from './maven-jars';
import { StackError } from './stack-error';

const WITHOUT_THEM = 'or start Docker, or set KAFKA_BROKERS and DATABASE_URL to servers of your own';

// The versions are those in the poms.
const BROKER: JarSet = {
  pom: 'kafka-native',
  cache: 'kafka-4.4.0',
  title: 'Apache Kafka 4.4.0 (43 MB, once)',
  without: `, ${WITHOUT_THEM}`,
};
const TOOLS: JarSet = {
  pom: 'kafka-tools',
  cache: 'kafka-tools-4.3.1',
  title: "Kafka's command-line tools 4.3.1 (33 MB, once)",
  without: '',
};

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

/** Where Java is and where the broker's jars are. */
export interface KafkaProgram {
  java: string;
  /** For java's -cp. Holds kafka-clients too, for Java clients in tests. */
  classPath: string;
}

/**
 * The Kafka broker's jars.
 * @param log gets a line when there is something to wait for
 * @throws StackError when Java, Maven or the network is missing
 */
export async function kafkaProgram(log: (line: string) => void): Promise<KafkaProgram> {
  const java = requireJava();
  return { java, classPath: await fetchedJars(BROKER, log) };
}

/**
 * Kafka's own command-line tools, of a release of their own: the broker's is not to be had.
 * @param log gets a line when there is something to wait for
 * @throws StackError when Java, Maven or the network is missing
 */
export async function kafkaTools(log: (line: string) => void): Promise<KafkaProgram> {
  const java = requireJava();
  return { java, classPath: await fetchedJars(TOOLS, log) };
}
