import { join } from 'node:path';
import { type OutgoingRecord } from '#libs/messaging';
import { type TestDeployment } from '#libs/testing';
import { ApiClients } from '../support/api.client';
import { dataSets } from '../support/data-set';
import { published } from '../support/published';
import { recordsOf } from '../support/records';
import { ScriptedRequests } from '../support/scripted-requests';
import {
  activityLine,
  deploymentWith,
  expectActivities,
  expectLines,
  type Line,
  rejectionLine,
  type Scene,
  sceneOf,
} from '../support/scripted-scene';

jest.setTimeout(900_000);

type Cause = { source: string; id: string; topic?: string };

// The first there is: the other has nothing that this has not.
describe.each(dataSets().slice(0, 1))(
  'the scripted team works on the tasks of $name over HTTP',
  (dataSet) => {
    let scene: Scene;
    let deployment: TestDeployment;
    let requests: ScriptedRequests;

    beforeAll(async () => {
      scene = sceneOf(dataSet);
      deployment = await deploymentWith(scene.workforce, dataSet);
      const api = {
        env: { RATE_LIMIT: '100000' },
        preload: [join(__dirname, '..', 'support', 'request-clock.cjs')],
      };
      requests = new ScriptedRequests(
        await ApiClients.start(deployment, api.env, api.preload),
        createdIds(scene),
      );
      const places = new Map(
        scene.activities.map((line) => [String(line.taskId), String(line.conversationId)]),
      );
      const conversations = recordsOf(dataSet);
      for (const batch of scene.batches) {
        if (batch.clock) deployment.setClock(batch.clock);
        else if (batch.publish) await play(batch.publish, places);
        else await deployment.publish(conversations.slice(...batch.conversations!));
        await deployment.drained();
        await published(deployment, 'task-activity', batch.activities).catch(async (error: unknown) => {
          expectActivities(await activities(), scene.activities.slice(0, batch.activities));
          throw error;
        });
      }
    });
    afterAll(() => deployment?.close());

    /** In the script's order: requests to different conversations at once, and what goes by Kafka between them. */
    async function play(
      records: readonly OutgoingRecord[],
      places: ReadonlyMap<string, string>,
    ): Promise<void> {
      let byHttp: NonNullable<ReturnType<ScriptedRequests['commandIn']>>[] = [];
      let byKafka: OutgoingRecord[] = [];
      const flush = async (): Promise<void> => {
        await requests.ask(byHttp);
        byHttp = [];
        if (byKafka.length > 0) {
          await deployment.publish(byKafka);
          await deployment.drained();
        }
        byKafka = [];
      };
      for (const record of records) {
        const command = requests.commandIn(record, places);
        const isBehind = (other: { key?: unknown }): boolean => other.key === record.key;
        const waits = command
          ? byKafka.some((other) => isBehind(other) || other.topic === 'workforce') ||
            byHttp.some(({ subject }) => subject === command.subject)
          : byHttp.length > 0;
        if (waits) await flush();
        if (command) byHttp.push(command);
        else byKafka.push(record);
      }
      await flush();
    }

    /** As the script has them: what a request caused is named there by the event that it stands for. */
    async function activities(): Promise<Line[]> {
      const commands = new Map(requests.asked.map(({ cause, command }) => [nameOf(cause), command]));
      return (await deployment.records('task-activity')).map((record) => {
        const line = activityLine(record);
        const command = commands.get(nameOf(line.cause as Cause));
        if (!command) return line;
        const { cause } = scene.activities.find(
          (expected) => nameOf(expected.cause as Cause) === nameOf(command),
        ) ?? { cause: 'no command of the script that leads to an activity' };
        return { ...line, cause };
      });
    }

    test('most of the script goes by HTTP, each command by its own caller', () => {
      expect(requests.asked.length).toBeGreaterThan(scene.activities.length / 2);
    });

    test('the log is the same but for causes, line by line', async () => {
      expectActivities(await activities(), scene.activities);
    });

    test('whoever is refused is answered with the code, and the holder, that an event is rejected with', async () => {
      const rejected = new Map(scene.rejections.map((line) => [nameOf(line.cause as Cause), line]));
      const answers = requests.asked.map(({ command, answer: { status, body } }) => ({
        command: command.id,
        code: status < 300 ? null : body.code,
        holder: /claimed by '([^']+)'/.exec(body.detail ?? '')?.[1],
      }));
      const expected = requests.asked.map(({ command }) => {
        const { code = null, holder } = rejected.get(nameOf(command)) ?? {};
        return { command: command.id, code, holder };
      });
      expect(answers).toEqual(expected);
      // All others are rejected as ever.
      const asked = new Set(requests.asked.map(({ command }) => nameOf(command)));
      expectLines(
        (await deployment.records('task-rejections')).map(rejectionLine),
        scene.rejections.filter(({ cause }) => !asked.has(nameOf(cause as Cause))),
        ({ cause }) => [nameOf(cause as Cause)],
        ({ conversationId }) => conversationId,
      );
    });

    test('what was done and is asked for again is answered as it was', () => {
      expect(requests.again.length).toBeGreaterThan(0);
      for (const { status, headers } of requests.again)
        expect([status, headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    });

    test('nothing was dead-lettered, and verify finds no difference', async () => {
      expect((await deployment.outputEnds())['task-dead-letters']!.every((end) => end === 0)).toBe(true);
      await deployment.mustCli(['verify']);
    });
  },
);

const nameOf = ({ source, id }: Cause): string => `${source}#${id}`;

/** The ids of the tasks that the script's commands create, by the command's name: over HTTP they would have another. */
function createdIds({ activities }: Scene): Map<string, string> {
  return new Map(
    activities
      .filter(({ type, flow }) => type === 'task.created.v1' && !flow)
      .map(({ cause, taskId }) => [nameOf(cause as Cause), String(taskId)]),
  );
}
