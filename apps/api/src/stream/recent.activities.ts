import { type LoggedActivity } from '#libs/persistence';
import { activityFrame } from './event.frame';

/** An activity that was read not long ago, ready to be sent: the same bytes to whoever listens. */
export interface RecentActivity {
  /** Where whoever was given this one and all before it is to resume. */
  id: string;
  tenantId: string;
  taskId: string;
  conversationId: string;
  type: string;
  frame: Buffer;
}

/** As `LogEntry` has it in its headers. */
export function recentOf(id: string, entry: LoggedActivity): RecentActivity {
  const { ce_subject, ce_correlationid, ce_type } = entry.headers;
  return {
    id,
    tenantId: entry.tenantId,
    taskId: ce_subject!,
    conversationId: ce_correlationid!,
    type: ce_type!,
    frame: activityFrame(id, entry),
  };
}

/**
 * The last activities that were read, of all tenants, for all listeners; each listener has a place in it. It holds so many bytes and
 * no more: so however many listeners are slow, they cost no memory, and one that is too slow finds its place gone.
 */
export class RecentActivities {
  readonly #activities = new Map<number, RecentActivity>();
  readonly #places = new Map<string, number>();
  #first = 0;
  #end = 0;
  #bytes = 0;

  constructor(private readonly mostBytes: number) {}

  /** The place behind the last one. */
  get end(): number {
    return this.#end;
  }

  /** Whether whoever is at this place can go on from there. */
  has(place: number): boolean {
    return place >= this.#first;
  }

  at(place: number): RecentActivity | undefined {
    return this.#activities.get(place);
  }

  /** The place behind the activity with this id, if it is here. */
  behind(id: string): number | undefined {
    return this.#places.get(id);
  }

  add(activity: RecentActivity): void {
    this.#activities.set(this.#end, activity);
    this.#end += 1;
    this.#places.set(activity.id, this.#end);
    this.#bytes += activity.frame.length;
    while (this.#bytes > this.mostBytes) this.#forgetFirst();
  }

  /** Forgets all; places stay what they are. */
  clear(): void {
    this.#activities.clear();
    this.#places.clear();
    this.#first = this.#end;
    this.#bytes = 0;
  }

  #forgetFirst(): void {
    const { id, frame } = this.#activities.get(this.#first)!;
    this.#activities.delete(this.#first);
    this.#places.delete(id);
    this.#bytes -= frame.length;
    this.#first += 1;
  }
}
