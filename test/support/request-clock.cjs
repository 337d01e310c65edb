// Loaded before the API in a test: a request that says in `x-test-time` when it is made finds the clock there. All else has the real time.
const { AsyncLocalStorage } = require('node:async_hooks');
const { Server } = require('node:http');

const RealDate = Date;
const told = new AsyncLocalStorage();

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(told.getStore() ?? RealDate.now());
    else super(...given);
  }

  static now() {
    return told.getStore() ?? RealDate.now();
  }
};

const { emit } = Server.prototype;
Server.prototype.emit = function (name, ...given) {
  const at = name === 'request' && RealDate.parse(given[0].headers['x-test-time']);
  return at ? told.run(at, () => emit.call(this, name, ...given)) : emit.call(this, name, ...given);
};
