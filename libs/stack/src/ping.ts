import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { StackError } from './stack-error';

/** One attempt to talk to a broker, 6 s at most. @throws the client's error when none of the brokers serves */
export async function pingKafka(brokers: string[]): Promise<void> {
  const kafka = new Kafka({
    clientId: 'conversation-tasks-stack',
    brokers,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0) throw new Error('the broker is not registered yet');
  } finally {
    await admin.disconnect();
  }
}

/** One attempt to query a PostgreSQL server, 5 s at most. @throws StackError when it refuses the password, else the client's error when it does not serve */
export async function pingPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection that the server drops while it starts is reported twice; once is enough.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    // Waiting does not help against a wrong password.
    if ((error as { code?: string }).code !== '28P01') throw error;
    const { username } = new URL(url);
    throw new StackError(
      `PostgreSQL refuses the password of ${username}`,
      'its data was made with another one; to throw that data away: npm run cli -- reset',
      { cause: error },
    );
  } finally {
    await client.end();
  }
}
