// Lets plain Node require the project's TypeScript, for scripts that must not depend on a build:
// node --require ./test/stack/register.cjs script.js. Compiles with .swcrc, as the build and jest do.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');

const root = join(__dirname, '..', '..');
const options = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8'));

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    ...options,
    swcrc: false,
    filename,
    sourceMaps: 'inline',
  });
  module._compile(code, filename);
};

// #libs/x means the sources here, not dist as package.json's "imports" has it at run time.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  const library = /^#libs\/(.+)$/.exec(request)?.[1];
  const barrel = library && join(root, 'libs', library, 'src', 'index.ts');
  return resolve.call(this, barrel && existsSync(barrel) ? barrel : request, ...rest);
};
