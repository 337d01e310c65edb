import { Agent, type IncomingMessage, request } from 'node:http';

export interface RawAnswer {
  status: number;
  type: string | null;
  headers: IncomingMessage['headers'];
  /** As it came; of a stream the beginning. */
  text: string;
}

const WITHIN_MS = 30_000;

/** Sends requests as they are: `fetch` would mend paths and refuse bodies. */
export class RawSender {
  readonly #agent = new Agent({ keepAlive: true });

  constructor(private readonly url: string) {}

  /** @throws when nothing is answered. */
  send(method: string, target: string, headers: Record<string, string>, body?: string): Promise<RawAnswer> {
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const asked = request({
        ...{ hostname, port, method, path: target, agent: this.#agent, timeout: WITHIN_MS },
        headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
      });
      asked.once('error', reject);
      asked.once('timeout', () => asked.destroy(new Error(`no answer within ${WITHIN_MS} ms`)));
      asked.once('response', (response) => void read(response).then(resolve, reject));
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<RawAnswer> {
  const { statusCode, headers } = response;
  const type = headers['content-type'] ?? null;
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    text += part;
    // A stream has no end: that it began is enough.
    if (type?.startsWith('text/event-stream')) break;
  }
  response.destroy();
  return { status: statusCode!, type, headers, text };
}
