import { type ServiceOptions, ServiceProcess } from './service-process';

/** One worker; ready when it has joined its groups. */
export class WorkerProcess extends ServiceProcess {
  constructor(options: Required<ServiceOptions>) {
    super('dist/apps/worker/src/main.js', options);
  }
}
