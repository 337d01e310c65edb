import { type Endpoint } from './endpoint';

/** With which methods each path is served: for those who come with another. */
export class ServedMethods {
  readonly #paths: readonly { fits: RegExp; method: string }[];

  constructor(endpoints: readonly Pick<Endpoint, 'method' | 'path'>[]) {
    this.#paths = endpoints.map(({ method, path }) => ({
      fits: new RegExp(`^/v1${path.replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
      method,
    }));
  }

  /** None for a path that is not served. `HEAD` goes with `GET`. @param path without what stands behind the question mark. */
  of(path: string): string[] {
    const methods = this.#paths.filter(({ fits }) => fits.test(path)).map(({ method }) => method as string);
    return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
  }
}
