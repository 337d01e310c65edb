import { TestDeployment } from '#libs/testing';
import { type DataSet } from './data-set';

/** A deployment with one worker that has the data set's people and flows, by the commands a person would use. */
export async function deploymentFor({
  workforce,
  flows,
  tenant,
}: Pick<DataSet, 'workforce' | 'flows' | 'tenant'>): Promise<TestDeployment> {
  const deployment = await TestDeployment.create();
  try {
    await deployment.startWorker();
    await deployment.mustCli(['workforce', 'apply', workforce, '--tenant', tenant]);
    await deployment.mustCli(['flows', 'apply', flows, '--tenant', tenant]);
    return deployment;
  } catch (error) {
    await deployment.close();
    throw error;
  }
}

/** Publishes the data set's events, and waits until everything they lead to is stored and published. */
export async function play(
  deployment: TestDeployment,
  { events }: DataSet,
  ...options: string[]
): Promise<void> {
  await deployment.mustCli(['events', 'publish', events, ...options]);
  await deployment.drained();
}
