import { shardOf } from '#libs/domain';
import { readAsJavaClient, readAsLibrdkafka, type TestDeployment } from '#libs/testing';
import { activityIn, asMultiset, taskCreatedBy, tasksInDatabase } from './support/created-tasks';
import { type ConversationFacts, dataSets } from './support/data-set';
import { deploymentFor, play } from './support/play';

jest.setTimeout(300_000);

/** What ../shared/data holds and leads to, as its README and the issue have it. */
const SHARED_ROWS = {
  ...{ task: 171, activity_log: 171, rejection_log: 0, applied_event: 723 },
  ...{ conversation: 900, conversation_message: 13_544, conversation_outcome: 723 },
};

describe.each(dataSets())(
  'people, flows and events of $name lead to exactly the expected tasks',
  (dataSet) => {
    let deployment: TestDeployment;

    beforeAll(async () => {
      deployment = await deploymentFor(dataSet);
      await play(deployment, dataSet);
    });
    afterAll(() => deployment?.close());

    test('as the database has them', async () => {
      const tasks = await tasksInDatabase(deployment);
      expect(asMultiset(tasks)).toEqual(asMultiset(dataSet.expectedTasks));
    });

    describe.each([
      ["Kafka's own Java client", readAsJavaClient],
      ['librdkafka', readAsLibrdkafka],
    ])('as %s reads them from the topic', (_, read) => {
      let records: Awaited<ReturnType<typeof read>>;

      beforeAll(async () => {
        records = await read(deployment.brokers, `${deployment.topicPrefix}task-activity`);
      });

      test('field by field', () => {
        expect(new Set(records.map(({ headers }) => headers.ce_type))).toEqual(new Set(['task.created.v1']));
        expect(asMultiset(records.map(taskCreatedBy))).toEqual(asMultiset(dataSet.expectedTasks));
      });

      test('in CloudEvents binary mode, so that a consumer can route on headers', () => {
        for (const record of records) {
          const { taskId, conversationId, sequence, cause, task } = activityIn(record);
          expect(record.key?.toString()).toBe(taskId);
          expect(record.headers).toMatchObject({
            'content-type': 'application/json',
            ce_specversion: '1.0',
            ce_id: `${taskId}:${sequence}`,
            ce_source: '/conversation-tasks',
            ce_subject: taskId,
            ce_time: task.createdAt,
            ce_tenantid: dataSet.tenant,
            ce_sequence: String(sequence),
            ce_causationid: `${cause.source}#${cause.id}`,
            ce_correlationid: conversationId,
          });
        }
      });

      test('positions contiguous, one more than the offset, in the partition of the conversation', () => {
        const next = new Map<number, number>();
        for (const { partition, offset, headers, ...record } of records) {
          const position = (next.get(partition) ?? 0) + 1;
          next.set(partition, position);
          expect({ partition, offset, position: headers.position }).toEqual({
            partition: shardOf(activityIn({ partition, offset, headers, ...record }).conversationId, 12),
            offset: position - 1,
            position: String(position),
          });
        }
      });

      test('sequences 1, 2, 3 … per task', () => {
        const sequences = new Map<string, number[]>();
        for (const { taskId, sequence } of records.map(activityIn)) {
          sequences.set(taskId, [...(sequences.get(taskId) ?? []), sequence]);
        }
        for (const found of sequences.values()) expect(found).toEqual(found.map((_, i) => i + 1));
      });
    });

    test('nothing else: no dead letter, a rejection for each command that made no task, everything stored once', async () => {
      const rows = dataSet.expectedRows;
      if (dataSet.name === 'shared/data') expect(rows).toEqual(SHARED_ROWS);
      expect(await deployment.rowCounts()).toEqual(rows);
      const ends = await deployment.outputEnds();
      expect(Object.fromEntries(Object.entries(ends).map(([topic, each]) => [topic, sum(each)]))).toEqual({
        'task-activity': rows.task,
        'task-rejections': rows.rejection_log,
        'task-dead-letters': 0,
      });
    });

    test('every conversation as its events tell of it', async () => {
      const utc = (column: string): string =>
        `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
      const stored = await deployment.query<ConversationFacts>(
        `select id, ${utc('first_event_at')} as "firstEventAt", ${utc('started_at')} as "startedAt", ${utc('ended_at')} as "endedAt"
           from conversation`,
      );
      expect(asMultiset(stored)).toEqual(asMultiset(dataSet.conversations));
    });

    test('every message as it was said', async () => {
      const stored = await deployment.query<Record<string, unknown> & { at: Date }>(
        `select conversation_id as subject, message_id as id, from_kind as kind, from_id as "from", text, sent_at as at
         from conversation_message`,
      );
      const said = dataSet.messages.map(({ subject, time, data: { messageId, from, text } }) => ({
        ...{ subject, id: messageId, kind: from!.kind, from: from!.id, text },
        at: new Date(time).toISOString(),
      }));
      const texts = (items: object[]): string[] => asMultiset(items).map((item) => JSON.stringify(item));
      expect(texts(stored.map((row) => ({ ...row, at: row.at.toISOString() })))).toEqual(texts(said));
    });
  },
);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
