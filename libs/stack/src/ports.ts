import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { findProcess } from './process-table';
import { StackError } from './stack-error';

/** Listens for a moment on 127.0.0.1. Resolves to the port, or null when it is taken. */
function probe(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address ? address.port : null;
      server.close(() => resolve(found));
    });
  });
}

/**
 * Below the ports that systems give outgoing connections (Linux from 32,768, IANA from 49,152). A server that was away must find
 * its port again, and a client that keeps trying a closed port among those may in the end be connected to itself.
 */
const SERVERS_PORTS = { from: 15_000, to: 32_000 };

/** A port on 127.0.0.1 that nobody listens on at the moment, and that no outgoing connection will take. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await probe(randomInt(SERVERS_PORTS.from, SERVERS_PORTS.to));
    if (port !== null) return port;
  }
  throw new Error(`no port from ${SERVERS_PORTS.from} to ${SERVERS_PORTS.to} is free`);
}

/** The inodes of the sockets that listen on a port (Linux only; empty elsewhere). */
function listeningInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        // 0A is LISTEN.
        if (fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A' && fields[9])
          inodes.add(`socket:[${fields[9]}]`);
      }
    } catch {
      // Not Linux, or IPv6 is off.
    }
  }
  return inodes;
}

/** Who listens on a port, as "java (process 4711)", or null when the system does not tell. */
function portOwner(port: number): string | null {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return null;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (!inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) continue;
        const program = findProcess(Number(pid))?.command.split(' ')[0]?.split('/').pop();
        return `${program ?? 'a program'} (process ${pid})`;
      }
    } catch {
      // Another user's process, or it ended meanwhile.
    }
  }
  return null;
}

/**
 * Makes sure that a port on 127.0.0.1 is free.
 * @param what who wants it, e.g. "Kafka"  @param setting the environment variable that chooses another port
 * @throws StackError naming the port, its owner where the system tells, and the setting
 */
export async function requireFreePort(port: number, what: string, setting: string): Promise<void> {
  if ((await probe(port)) !== null) return;
  const owner = portOwner(port);
  const by = owner ? ` by ${owner}` : '';
  throw new StackError(
    `Port ${port}, wanted for ${what}, is taken${by}`,
    `end that, or choose another port with ${setting}=<port>`,
  );
}
