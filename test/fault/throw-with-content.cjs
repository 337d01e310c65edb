// Loaded into a worker before its program: throws where nobody catches, an error as a database driver makes it, with what a
// customer said in its message and its properties.
setTimeout(() => {
  const content = process.env.THROWN_CONTENT;
  const error = new SyntaxError(`not valid: "${content}"`);
  throw Object.assign(error, { parameters: [content], detail: `Failing row contains (${content})` });
}, 1_000);
