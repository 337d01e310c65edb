import { type ServiceOptions, ServiceProcess } from './service-process';

/** One API; ready when it listens. */
export class ApiProcess extends ServiceProcess {
  constructor(options: Required<ServiceOptions>) {
    super('dist/apps/api/src/main.js', options);
  }

  /** Where it is served. */
  async url(): Promise<string> {
    const { httpPort } = await this.told(tellsHttpPort);
    return `http://127.0.0.1:${httpPort}`;
  }
}

function tellsHttpPort(message: unknown): message is { httpPort: number } {
  return typeof (message as { httpPort?: unknown } | null)?.httpPort === 'number';
}
