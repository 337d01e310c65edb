// Preloaded (--require) into a worker or a command: SIGKILLs it at an exact point of the way an event goes, by wrapping the built product's
// own methods, so that the product has no hooks for it. KILL_AT names the point, KILL_ON the how-manieth time (from 1) it is
// reached. KILL_WITH: another signal, such as SIGSTOP, or `hang`: a promise that nobody resolves, as a fault of the product could
// have it. One line on standard output says so just before.
const { writeSync } = require('node:fs');
const { join } = require('node:path');

require('reflect-metadata');

const { KILL_AT, KILL_ON = '1', KILL_WITH = 'SIGKILL' } = process.env;
let reached = 0;

/** Gives a promise to wait for instead of going on, if it is to hang. */
function dieWhenDue() {
  reached += 1;
  if (reached !== Number(KILL_ON)) return undefined;
  writeSync(1, `killed at ${KILL_AT}\n`);
  if (KILL_WITH === 'hang') return new Promise(() => undefined);
  process.kill(process.pid, KILL_WITH);
  // The signal is delivered before this can turn once; nothing more of the product runs, whatever the platform.
  if (KILL_WITH === 'SIGKILL') for (;;);
  return undefined;
}

const before = (method) =>
  function (...args) {
    return dieWhenDue() ?? method.apply(this, args);
  };
const after = (method) =>
  async function (...args) {
    const result = await method.apply(this, args);
    await dieWhenDue();
    return result;
  };

const built = (...path) => require(join(process.cwd(), 'dist', 'libs', ...path));
const POINTS = {
  // Everything written, nothing committed.
  'before the database commit': () => [
    'write',
    after,
    built('persistence', 'src', 'shard.transaction.js').PostgresShardTransaction,
  ],
  // What the batch causes is stored, and the group does not know.
  'between database and offset commit': () => ['commit', before, built('messaging', 'src').BatchContext],
  'after the offset commit': () => ['commit', after, built('messaging', 'src').BatchContext],
  // The log has it, the topic does not.
  'before the relay produces': () => ['append', before, built('messaging', 'src').FencedLogWriter],
  // What a redriven dead letter leads to is stored, or it was published anew, and nobody knows yet that it was dealt with.
  'before a dead letter’s result is stored': () => [
    'record',
    before,
    built('persistence', 'src').DeadLetterResultStore,
  ],
  // The broker has acknowledged, and the relay, which is to look at the end next, does not know.
  'between produce and the next look': () => ['append', after, built('messaging', 'src').FencedLogWriter],
};

const [method, wrap, { prototype }] = POINTS[KILL_AT]();
if (typeof prototype[method] !== 'function')
  throw new Error(`there is no ${method} to wrap for "${KILL_AT}"`);
prototype[method] = wrap(prototype[method]);
