import { type TestDeployment } from '#libs/testing';
import { asMultiset, tasksInDatabase } from './support/created-tasks';
import { dataSets } from './support/data-set';
import { deploymentFor, play } from './support/play';
import { type ReplayState, stateOf } from './support/replay-state';

jest.setTimeout(300_000);

describe.each(dataSets())('events of $name that come again change nothing', (dataSet) => {
  const firstHalf = dataSet.text.slice(0, dataSet.text.length / 2);
  let deployment: TestDeployment;
  let before: ReplayState;

  beforeAll(async () => {
    deployment = await deploymentFor(dataSet);
    await play(deployment, dataSet);
    before = await stateOf(deployment);
  });
  afterAll(() => deployment?.close());

  test('given that they led to the expected tasks the first time', async () => {
    expect(asMultiset(await tasksInDatabase(deployment))).toEqual(asMultiset(dataSet.expectedTasks));
  });

  test('after the worker was restarted', async () => {
    await deployment.stopWorkers();
    await deployment.startWorker();
    await play(deployment, dataSet);
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('in binary mode, compressed with zstd', async () => {
    await play(deployment, dataSet, '--mode', 'binary', '--compression', 'zstd');
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('with conversations interleaved otherwise, each in its own order', async () => {
    await play(deployment, dataSet, '--interleave', '4711');
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('with every record in another partition than its conversation’s', async () => {
    await play(deployment, dataSet, '--partition-offset', '5');
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('with its first half alone, long after the second: what is older does not overwrite what is newer', async () => {
    await deployment.mustCli(['events', 'publish', '-'], { input: firstHalf.join('\n') });
    await deployment.drained();
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('and every one of them was read', async () => {
    const topics = ['call', 'message', 'whatsapp'].map((channel) => `conversation-events.${channel}`);
    const ends = (await Promise.all(topics.map((topic) => deployment.endOffsets(topic)))).flat();
    expect(ends.reduce((total, end) => total + end, 0)).toBe(5 * dataSet.text.length + firstHalf.length);
  });
});
