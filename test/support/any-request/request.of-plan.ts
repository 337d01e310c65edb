import { type Bend } from './bend.arbitrary';
import { bentBody } from './body.bend';
import { type LivePools } from './live.pools';
import { LiveId } from './meanings';
import { collectionOf, parametersOf } from './operations';
import { type Plan } from './plan.arbitrary';

/** A request, byte for byte but for its token. */
export interface RawRequest {
  caller: Plan['caller'] | Extract<Bend, { what: 'caller' }>['caller'];
  method: string;
  /** Path and query, as they are sent. */
  target: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** In the place of an id of which none is known yet. */
const NONE = '00000000-0000-4000-8000-000000000000';

/** The request that a plan is now. */
export function requestOf(plan: Plan, pools: LivePools): RawRequest {
  const { operation, bends } = plan;
  const ids = settled(plan.path, pools) as Record<string, string>;
  const body = settled(plan.body, pools);
  // What is put says its id, too.
  const hasId = typeof body === 'object' && body !== null && 'id' in body && ids.id !== undefined;
  const text = bentBody(hasId ? { ...body, id: ids.id } : body, bends);
  const method = find(bends, 'method')?.method ?? operation.method;
  const header = find(bends, 'header');
  const type = find(bends, 'content type')?.value ?? 'application/json';
  return {
    caller: find(bends, 'caller')?.caller ?? plan.caller,
    method,
    target: targetOf(plan, ids, pools),
    headers: {
      ...(text !== undefined && { 'content-type': type }),
      ...headersOf(plan, ids, pools),
      ...(header && { [header.name]: header.value }),
    },
    body: text,
  };
}

function find<W extends Bend['what']>(
  bends: readonly Bend[],
  what: W,
): Extract<Bend, { what: W }> | undefined {
  return bends.find((bend): bend is Extract<Bend, { what: W }> => bend.what === what);
}

/** With ids where they were left open. */
function settled(value: unknown, pools: LivePools): unknown {
  if (value instanceof LiveId) return pools.pick(value.collection, value.at) ?? NONE;
  if (Array.isArray(value)) return value.map((each) => settled(each, pools));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, settled(each, pools)]));
}

function headersOf({ operation, matched, key }: Plan, ids: Record<string, string>, pools: LivePools) {
  const named = new Set(parametersOf(operation, 'header').map(({ name }) => name));
  const version = 'id' in ids ? pools.versionOf(collectionOf(operation, 'id'), ids.id!) : undefined;
  return {
    ...(named.has('If-Match') && matched && version !== undefined && { 'If-Match': `"${version}"` }),
    ...(named.has('Idempotency-Key') && key !== null && { 'Idempotency-Key': key }),
    ...(named.has('Last-Event-ID') && matched && pools.lastEventId && { 'Last-Event-ID': pools.lastEventId }),
  };
}

function targetOf(plan: Plan, ids: Record<string, string>, pools: LivePools): string {
  const { operation, bends } = plan;
  const on = plan.page === null ? undefined : pools.page(operation, plan.page);
  const cursor = find(bends, 'cursor');
  if (on) return withParameter(on.target, 'cursor', cursor ? bentCursor(on.next, cursor) : on.next);
  const [path, rawPath] = [find(bends, 'path'), find(bends, 'raw path')];
  const names = Object.keys(ids);
  const pathname = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const isBent = (bend: { at: number } | undefined) => bend && names[bend.at % names.length] === name;
    if (isBent(rawPath)) return rawPath!.value;
    return percent(isBent(path) ? path!.value : ids[name]!);
  });
  const query = Object.entries(settled(plan.query, pools) as Record<string, unknown>);
  const parameter = find(bends, 'parameter');
  const known = parametersOf(operation, 'query');
  if (parameter) query.push([known[parameter.at % known.length]?.name ?? 'x', parameter.value]);
  const raw = find(bends, 'raw query');
  const said = query.map(
    ([name, value]) =>
      `${percent(name)}=${[value]
        .flat()
        .map((each) => percent(String(each)))
        .join(',')}`,
  );
  return [pathname, [...said, ...(raw ? [raw.value] : [])].join('&')].filter((part) => part !== '').join('?');
}

function withParameter(target: string, name: string, value: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}${name}=${percent(value)}`;
}

/** A cursor is opaque, but nobody is kept from looking into it: what it says of where to go on is replaced. */
function bentCursor(next: string, { at, value }: { at: number; value: string }): string {
  const parts = JSON.parse(Buffer.from(next, 'base64url').toString()) as string[];
  parts[1 + (at % (parts.length - 1))] = value;
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Encoded for a path or a query; half a character as the bytes that it would be. */
function percent(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replaceAll('%EF%BF%BD', '%ED%A0%80');
}
