const DAY_MS = 86_400_000;
/** Days whose offsets are kept for a zone: 27 years of them, a few MB at worst, then it starts afresh. */
const CACHED_DAYS = 10_000;

/** A stretch of time in which a zone's offset from UTC stays the same. */
export interface OffsetSpan {
  /** Added to UTC to get local time, in milliseconds. */
  offsetMs: number;
  /** The span ends before this moment, in milliseconds since 1970; at most the end of the UTC day. */
  endMs: number;
}

type Day = { before: OffsetSpan; after: OffsetSpan | null };

/**
 * A time zone's offsets, day by day. `Intl` is the source (Node brings the IANA data), but asking it costs
 * 1–5 µs, so each UTC day is looked at once: the offsets at its two ends, and if they differ the moment between
 * them, found by bisection. That misses only two changes within one UTC day that cancel each other out; there
 * have been none.
 */
export class TimeZone {
  /** By name in small letters: `EUROPE/berlin` is no other zone, and no reason to keep one more. */
  private static readonly zones = new Map<string, TimeZone>();
  private readonly format: Intl.DateTimeFormat;
  private readonly days = new Map<number, Day>();
  private readonly midnights = new Map<number, number>();

  /** @throws RangeError when there is no such zone. */
  static named(name: string): TimeZone {
    const key = name.toLowerCase();
    let zone = TimeZone.zones.get(key);
    if (!zone) TimeZone.zones.set(key, (zone = new TimeZone(name)));
    return zone;
  }

  private constructor(name: string) {
    // Offsets as names ("+01:00") are valid in newer versions of Node only: not an IANA zone, so never.
    if (!/^[A-Za-z]/.test(name)) throw new RangeError(`no such time zone: ${name}`);
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      timeZoneName: 'longOffset',
      year: 'numeric',
    });
  }

  /** The span that holds a moment, given in milliseconds since 1970. */
  spanAt(ms: number): OffsetSpan {
    const number = Math.floor(ms / DAY_MS);
    let day = this.days.get(number);
    if (!day) {
      if (this.days.size >= CACHED_DAYS) {
        this.days.clear();
        this.midnights.clear();
      }
      this.days.set(number, (day = this.read(number)));
    }
    return day.after !== null && ms >= day.before.endMs ? day.after : day.before;
  }

  private read(number: number): Day {
    const start = number * DAY_MS;
    const end = start + DAY_MS;
    const first = this.midnight(number);
    const last = this.midnight(number + 1);
    if (first === last) return { before: { offsetMs: first, endMs: end }, after: null };
    // Zones change at whole seconds.
    let low = start / 1000;
    let high = end / 1000;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle * 1000) === first) low = middle;
      else high = middle;
    }
    return { before: { offsetMs: first, endMs: high * 1000 }, after: { offsetMs: last, endMs: end } };
  }

  private midnight(number: number): number {
    let offset = this.midnights.get(number);
    if (offset === undefined) this.midnights.set(number, (offset = this.offsetAt(number * DAY_MS)));
    return offset;
  }

  /** The text ends in `GMT`, `GMT-05:00` or, before standard time, `GMT-00:44:30`. */
  private offsetAt(ms: number): number {
    const text = this.format.format(ms);
    const match = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
    if (!match) throw new RangeError(`unexpected offset text: ${text}`);
    const seconds = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
    return seconds === 0 ? 0 : seconds * (match[1] === '-' ? -1000 : 1000);
  }
}

/** Whether the name is an IANA time zone this Node knows. */
export function isTimeZone(name: string): boolean {
  try {
    TimeZone.named(name);
    return true;
  } catch {
    return false;
  }
}
