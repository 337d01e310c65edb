import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { kafkaProgram } from '#libs/stack';
import { testBrokers } from './messaging.fixture';

/** Runs Kafka's Java client (`clients/JavaClient.java`, compiled as it starts: needs a JDK) and gives what it printed. */
export async function javaClient(...args: string[]): Promise<string> {
  const { java, classPath } = await kafkaProgram(() => undefined);
  const source = join(__dirname, '..', 'clients', 'JavaClient.java');
  const [what, ...rest] = args;
  return run(java, ['-cp', classPath, source, what!, testBrokers().join(','), ...rest]);
}

/** Runs kcat, which is librdkafka (Debian: apt-get install kcat), and gives what it printed. */
export function kcat(args: string[], input?: string): Promise<string> {
  return run('kcat', ['-b', testBrokers().join(','), ...args], input);
}

function run(program: string, args: string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${program} ended with ${code}: ${errors}`)),
    );
    child.stdin.end(input);
  });
}
