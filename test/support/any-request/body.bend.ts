import { type Bend } from './bend.arbitrary';
import { TOO_GREAT } from './strange.values';

type Holder = Record<string, unknown>;

/** A body with what the bends make of its fields, as it is sent. */
export function bentBody(body: unknown, bends: readonly Bend[]): string | undefined {
  const whole: Holder = { body: structuredClone(body) };
  const bent = new Set<unknown>();
  for (const bend of bends) {
    if (bend.what === 'body') return bend.text;
    if (bend.what === 'field') set(...placeIn(whole, bend.at, bent), bend.value);
    if (bend.what === 'no field') {
      const [holder, key] = placeIn(whole, bend.at, bent);
      delete holder[key];
    }
    if (bend.what === 'another field') {
      const [holder, key] = placeIn(whole, bend.at, bent);
      const within = holder[key];
      const isOpen = typeof within === 'object' && within !== null && !bent.has(within);
      set(isOpen ? (within as Holder) : holder, bend.name, bend.value);
    }
    if ('value' in bend && typeof bend.value === 'object') bent.add(bend.value);
  }
  return whole.body === undefined
    ? undefined
    : JSON.stringify(whole.body).replaceAll(`"${TOO_GREAT}"`, '1e999');
}

/** As a parser would set it: also `__proto__`. */
function set(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

/** One of all places at which there is a value, the whole among them; not inside what was bent before, which other requests are given too. */
function placeIn(whole: Holder, at: number, bent: ReadonlySet<unknown>): [holder: Holder, key: string] {
  const places: [Holder, string][] = [];
  const visit = (holder: Holder): void => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      const value = holder[key];
      if (typeof value === 'object' && value !== null && !bent.has(value) && places.length < 500)
        visit(value as Holder);
    }
  };
  visit(whole);
  return places[at % places.length] ?? [whole, 'body'];
}
