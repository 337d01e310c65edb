import { type Problem, type TaskState } from '#libs/contracts';
import { checkAnswer } from './openapi.check';
import { type ApiProcess, type TestDeployment, TestTokens } from '#libs/testing';

export interface ApiAnswer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** What a request has beside its path. */
export interface ApiRequest {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What is answered: whatever was asked for, or a problem. */
type Answered = Pick<TaskState, 'id' | 'version'> &
  Pick<Problem, 'code' | 'detail'> &
  Record<string, unknown>;

/** An API's client, as one caller. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly token: string | null,
  ) {}

  /** Sends a request and reads its answer, which is held to docs/openapi.yaml. `body` is sent as JSON, a string as it is. */
  async send<Body = Answered>(
    path: string,
    { method, body, headers }: ApiRequest = {},
  ): Promise<ApiAnswer<Body>> {
    const verb = method ?? (body === undefined ? 'GET' : 'POST');
    const response = await fetch(`${this.url}${path}`, {
      method: verb,
      headers: {
        ...(this.token !== null && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answered = (text === '' ? null : JSON.parse(text)) as Body;
    const { status, headers: own } = response;
    checkAnswer({ method: verb, path }, { status, type: own.get('content-type'), body: answered });
    return { status, headers: own, body: answered };
  }

  get<Body = Answered>(path: string, headers?: Record<string, string>): Promise<ApiAnswer<Body>> {
    return this.send<Body>(path, { headers });
  }

  post<Body = Answered>(
    path: string,
    body: unknown = {},
    headers?: Record<string, string>,
  ): Promise<ApiAnswer<Body>> {
    return this.send<Body>(path, { method: 'POST', body, headers });
  }
}

/** Clients of one API, by who they are. */
export class ApiClients {
  /** Those of a new API of the deployment, which trusts an issuer of their own. */
  static async start(
    deployment: TestDeployment,
    env: Record<string, string> = {},
    preload: string[] = [],
  ): Promise<ApiClients> {
    const tokens = new TestTokens();
    return new ApiClients(await deployment.startApi({ env: { ...tokens.env, ...env }, preload }), tokens);
  }

  constructor(
    private readonly api: ApiProcess,
    readonly tokens: TestTokens,
  ) {}

  async as(
    id: string,
    { roles = ['agent'], tenant = 'acme' }: { roles?: string[]; tenant?: string } = {},
  ): Promise<ApiClient> {
    return new ApiClient(await this.api.url(), await this.tokens.of(id, roles, tenant));
  }

  async with(token: string | null): Promise<ApiClient> {
    return new ApiClient(await this.api.url(), token);
  }
}
