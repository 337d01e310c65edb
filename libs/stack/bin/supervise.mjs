// Runs one server (Kafka, PostgreSQL, `docker compose up`) on behalf of a parent and outlives it just long enough
// to stop it: when the parent dies, in whatever way, the IPC channel closes and the server is stopped.
// Plain JavaScript, because it has to run before anything is built. Started by libs/stack/src/supervised-process.ts
// with one argument, a JSON object: {dataDir, owner, command, args, cwd, env, uid, gid, logFile, stopSignal, graceMs};
// dataDir and owner are there to be read from the process list, by a later start that wonders whose server this is.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';

const plan = JSON.parse(process.argv[2]);
const log = openSync(plan.logFile, 'a');
const server = spawn(plan.command, plan.args, {
  cwd: plan.cwd,
  env: { ...process.env, ...plan.env },
  uid: plan.uid,
  gid: plan.gid,
  stdio: ['ignore', log, log],
});

/** Tells the parent something, if there still is one. */
function tell(message) {
  if (process.connected) process.send(message, () => undefined);
}

let stopping = false;
/** Asks the server to stop and, after the grace period, ends it. */
function stop() {
  if (stopping) return;
  stopping = true;
  server.kill(plan.stopSignal);
  setTimeout(() => server.kill('SIGKILL'), plan.graceMs).unref();
}

server.once('spawn', () => tell({ pid: server.pid }));
server.once('error', (error) => {
  tell({ error: error.message });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});
server.once('exit', (code, signal) => {
  tell({ code, signal });
  process.exitCode = code ?? 1;
  if (process.connected) process.disconnect();
});

process.on('disconnect', stop);
// A terminal's Ctrl-C or hang-up is the parent's business: it stops its servers in order, or dies, which ends them too.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', stop);
if (!process.connected) stop();
