// Runs once before jest's integration and end-to-end tests: makes sure that a real Kafka and a real PostgreSQL are
// there, and tells the tests where (CT_TEST_KAFKA_BROKERS, CT_TEST_DATABASE_URL). `npm test` has started them already.
const { startTestStack } = require('./test-stack.cjs');

module.exports = async () => {
  if (process.env.CT_TEST_KAFKA_BROKERS && process.env.CT_TEST_DATABASE_URL) return;
  if (globalThis.conversationTasksTestStack) return;
  const stack = await startTestStack((line) => process.stderr.write(`stack: ${line}\n`));
  process.env.CT_TEST_KAFKA_BROKERS = stack.brokers;
  process.env.CT_TEST_DATABASE_URL = stack.databaseUrl;
  globalThis.conversationTasksTestStack = stack;
};
