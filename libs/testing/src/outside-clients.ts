import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { kafkaProgram, projectRoot } from '#libs/stack';
import { type ReadRecord } from './topic.reader';

/** Everything a topic holds, as Kafka's own Java client reads it (needs a JDK: the program is compiled as it starts). */
export async function readAsJavaClient(brokers: string, topic: string): Promise<ReadRecord[]> {
  const { java, classPath } = await kafkaProgram(() => undefined);
  const source = join(projectRoot(), 'libs', 'testing', 'clients', 'ReadTopic.java');
  const lines = await linesOf(java, ['-cp', classPath, source, brokers, topic]);
  return sorted(
    lines.map((line) => {
      const [partition, offset, key, value, ...headers] = line.split(' ') as [string, string, string, string];
      return {
        partition: Number(partition),
        offset: Number(offset),
        key: bytes(key),
        value: bytes(value),
        headers: Object.fromEntries(
          headers.map((each: string) => each.split(':').map((text) => String(bytes(text)))),
        ),
      };
    }),
  );
}

/** Everything a topic holds, as librdkafka reads it: kcat (Debian: apt-get install kcat). For records that are text. */
export async function readAsLibrdkafka(brokers: string, topic: string): Promise<ReadRecord[]> {
  const lines = await linesOf('kcat', [
    '-C',
    '-b',
    brokers,
    '-t',
    topic,
    '-o',
    'beginning',
    '-e',
    '-q',
    '-J',
  ]);
  return sorted(
    lines.map((line) => {
      const { partition, offset, key, payload, headers = [] } = JSON.parse(line) as KcatRecord;
      const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]!]] : []));
      const [keyBytes, value] = [key, payload].map((text) => (text === null ? null : Buffer.from(text)));
      return { partition, offset, key: keyBytes!, value: value!, headers: Object.fromEntries(pairs) };
    }),
  );
}

interface KcatRecord {
  partition: number;
  offset: number;
  key: string | null;
  payload: string | null;
  headers?: string[];
}

function bytes(text: string): Buffer | null {
  return text === '-' ? null : Buffer.from(text, 'base64');
}

function sorted(records: ReadRecord[]): ReadRecord[] {
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** What a program printed, by line. @throws with what it complained of when it fails, or is not there. */
function linesOf(program: string, args: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): boolean => child.kill('SIGKILL');
    process.once('exit', end);
    const output: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', end);
      if (code !== 0) return reject(new Error(`${program} ended with ${code}: ${errors}`));
      resolve(Buffer.concat(output).toString('utf8').split('\n').filter(Boolean));
    });
  });
}
