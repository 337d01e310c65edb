import { spawn } from 'node:child_process';
import { kafkaTools } from '#libs/stack';

export interface ShellResult {
  code: number | null;
  /** Both outputs, as on a terminal. */
  output: string;
}

/** Runs shell commands as an operator types them, Kafka's own `kafka-consumer-groups.sh` among them. */
export async function inOperatorShell(commands: string, env: Record<string, string>): Promise<ShellResult> {
  const { java, classPath } = await kafkaTools(() => undefined);
  // Kafka's scripts do no more than this.
  const tool = `kafka-consumer-groups.sh() { '${java}' -cp '${classPath}' org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "$@"; }`;
  return new Promise((resolve, reject) => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn('bash', ['-euc', `${tool}\n${commands}`], {
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (): boolean => child.kill('SIGKILL');
    process.once('exit', end);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', end);
      resolve({ code, output });
    });
  });
}
