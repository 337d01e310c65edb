import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { TOPICS } from '#libs/contracts';
import { createKafka, deleteTopics } from '#libs/messaging';
import { readSettings } from '#libs/settings';
import { StackError } from '#libs/stack';
import { compose, engineAnswers } from './compose.stack';
import { dataFolder, runningStart, shownPath } from './stack-file';

/** Drops everything in the database's public schema; the database and its roles stay. */
async function clearDatabase(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('drop schema public cascade');
    await client.query('create schema public');
  } finally {
    await client.end();
  }
}

/** Deletes the deployment's topics, and its consumer groups, whose offsets would mean nothing on new topics. */
async function clearKafka(brokers: string[], prefix: string, groupId: string): Promise<void> {
  const kafka = createKafka({ brokers, clientId: 'conversation-tasks-reset' }, new Logger('reset'));
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    const ours = groups
      .map((group) => group.groupId)
      .filter((id) => id === groupId || id.startsWith(`${groupId}.`));
    // Fails while a worker is a member: better than to delete the topics under it.
    if (ours.length > 0) await admin.deleteGroups(ours);
  } finally {
    await admin.disconnect();
  }
  await deleteTopics(
    kafka,
    prefix,
    TOPICS.map((topic) => topic.name),
  );
}

/** Clears servers that are not ours: topics, groups and tables of this deployment. */
async function resetExternal(env: NodeJS.ProcessEnv, yes: boolean): Promise<string> {
  const settings = readSettings(env);
  const { migrateDatabaseUrl, kafkaBrokers, topicPrefix, kafkaGroupId } = settings;
  if (!migrateDatabaseUrl)
    throw new StackError(
      'MIGRATE_DATABASE_URL is not set',
      "set it to the database's owner, who may drop the tables",
    );
  const { host, pathname } = new URL(migrateDatabaseUrl);
  const target = `all tables of ${host}${pathname} and the topics ${topicPrefix}* on ${kafkaBrokers.join(', ')}`;
  if (!yes) throw new StackError(`This would delete ${target}`, 'add --yes to do it');
  await clearKafka(kafkaBrokers, topicPrefix, kafkaGroupId);
  await clearDatabase(migrateDatabaseUrl);
  return `deleted ${target}`;
}

/**
 * `reset`: everything as before the first start. The folder .data/ and Compose's volumes; with KAFKA_BROKERS and
 * DATABASE_URL set, the deployment's topics, groups and tables there, which wants `yes`.
 * @returns what was deleted, one line
 * @throws StackError when the stack runs, or confirmation is missing
 */
export async function resetStack({ yes }: { yes: boolean }): Promise<string> {
  const start = runningStart();
  if (start)
    throw new StackError(
      `npm start runs (process ${start.pid})`,
      `stop it first, with Ctrl-C there or: kill ${start.pid}`,
    );
  if (process.env.KAFKA_BROKERS || process.env.DATABASE_URL) return resetExternal(process.env, yes);
  const usedCompose = existsSync(join(dataFolder(), 'compose'));
  if (usedCompose) {
    if (!engineAnswers())
      throw new StackError(
        'The data is in volumes of Docker, and no engine answers',
        'start Docker and try again',
      );
    compose(['down', '--volumes', '--timeout', '20']);
  }
  rmSync(dataFolder(), { recursive: true, force: true, maxRetries: 5 });
  return `deleted ${shownPath()}${usedCompose ? " and Compose's volumes" : ''}`;
}
