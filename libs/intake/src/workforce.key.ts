import { isTenantId, isPrintable, LIMITS, WORKFORCE_KINDS, type WorkforceKind } from '#libs/contracts';

/** Who or what a workforce record is about. */
export interface WorkforceKey {
  tenantId: string;
  kind: WorkforceKind;
  id: string;
}

/** `<tenantid>/<kind>:<id>`. An id may hold `/` and `:`; a tenant cannot. */
export function workforceKey({ tenantId, kind, id }: WorkforceKey): string {
  return `${tenantId}/${kind}:${id}`;
}

/** Undefined when `key` is not of that form. */
export function parseWorkforceKey(key: string): WorkforceKey | undefined {
  const slash = key.indexOf('/');
  const colon = key.indexOf(':', slash);
  if (slash < 0 || colon < 0) return undefined;
  const [tenantId, kind, id] = [key.slice(0, slash), key.slice(slash + 1, colon), key.slice(colon + 1)];
  if (!isTenantId(tenantId) || !isKind(kind) || !isPrintable(id, LIMITS.idCharacters)) return undefined;
  return { tenantId, kind, id };
}

function isKind(text: string): text is WorkforceKind {
  return (WORKFORCE_KINDS as readonly string[]).includes(text);
}
