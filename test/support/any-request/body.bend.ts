import { type Bend } from './bend.arbitrary';
import { TOO_GREAT } from './strange.values';

type Holder = Record<string, unknown>;

/** A body with what the bends make of its fields, as it is sent. */
export function bentBody(body: unknown, bends: readonly Bend[]): string | undefined {
  const whole: Holder = { body: structuredClone(body) };
  for (const bend of bends) {
    if (bend.what === 'body') return bend.text;
    if (bend.what === 'field') set(...placeIn(whole, bend.at), bend.value);
    if (bend.what === 'no field') {
      const [holder, key] = placeIn(whole, bend.at);
      delete holder[key];
    }
    if (bend.what === 'another field') {
      const [holder, key] = placeIn(whole, bend.at);
      const within = holder[key];
      set(typeof within === 'object' && within !== null ? (within as Holder) : holder, bend.name, bend.value);
    }
  }
  return whole.body === undefined
    ? undefined
    : JSON.stringify(whole.body).replaceAll(`"${TOO_GREAT}"`, '1e999');
}

/** As a parser would set it: also `__proto__`. A copy, since a later bend may reach into it, and others are given the same value. */
function set(holder: Holder, key: string, value: unknown): void {
  const property = { enumerable: true, writable: true, configurable: true };
  Object.defineProperty(holder, key, { ...property, value: structuredClone(value) });
}

/** One of all places at which there is a value, the whole among them. */
function placeIn(whole: Holder, at: number): [holder: Holder, key: string] {
  const places: [Holder, string][] = [];
  const visit = (holder: Holder): void => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      const value = holder[key];
      if (typeof value === 'object' && value !== null && places.length < 500) visit(value as Holder);
    }
  };
  visit(whole);
  return places[at % places.length] ?? [whole, 'body'];
}
