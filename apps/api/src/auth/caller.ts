import { type CallerRole } from '#libs/contracts';

/** Who makes a request: all of it from the token, none of it from the request. */
export interface Caller {
  tenantId: string;
  /** An agent's id of the workforce, or a service's. */
  id: string;
  roles: readonly CallerRole[];
  /** Until when the token is good: milliseconds since 1970. What lasts longer than a request ends then. */
  until: number;
}

/** As whom the caller acts. */
export function actorOf({ id, roles }: Caller): { kind: 'agent' | 'service'; id: string } {
  return { kind: roles.includes('service') ? 'service' : 'agent', id };
}

export function hasOneOf({ roles }: Caller, wanted: readonly CallerRole[]): boolean {
  return roles.some((role) => wanted.includes(role));
}
