import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './api';

/** The API with the types of its OpenAPI document: paths, parameters, bodies and answers are checked when it is compiled. */
export type ConversationTasks = Client<paths>;

/**
 * @param url where the API is, without `/v1`.
 * @param token a JWT with `sub`, `tenantid` and `roles`.
 */
export function connect(url: string, token: string): ConversationTasks {
  return createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
}
