// Preloaded (--require) into a worker: makes it miss the events that MISS names (source#id, separated by spaces), as if it had
// never seen them, by wrapping the built product's own intake, so that the product has no hooks for it.
const Module = require('node:module');

const missed = new Set(process.env.MISS.split(' '));
const load = Module._load;

function forgetful(intake) {
  const read = (record) => {
    const result = intake.read(record);
    const { source, id } = result.kind === 'event' ? result.event : {};
    return missed.has(`${source}#${id}`) ? { kind: 'skipped', type: 'missed' } : result;
  };
  return { ...intake, read };
}

Module._load = function (request, ...rest) {
  const exports = load.call(this, request, ...rest);
  if (request !== '#libs/intake') return exports;
  return { ...exports, createIntake: () => forgetful(exports.createIntake()) };
};
