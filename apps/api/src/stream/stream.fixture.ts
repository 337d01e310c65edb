import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { type ActivityPage, type LoggedActivity, type PageSize, type ShardRange } from '#libs/persistence';

/** An activity log in memory, which counts what it is asked. */
export class MemoryLog {
  readonly entries: LoggedActivity[] = [];
  readonly asked = { ends: 0, everything: 0, ofTenant: 0 };
  /** Called before a page is given: something may happen meanwhile. */
  onPage: () => void = () => undefined;

  /** Appends an activity of a task named after its shard. */
  add(tenantId: string, shard: number, { type = 'task.commented.v1', text = '' } = {}): LoggedActivity {
    const position = (this.#ends().get(shard) ?? 0) + 1;
    const headers = {
      ce_id: `${shard}:${position}`,
      ce_type: type,
      ce_subject: `task-${shard}`,
      ce_correlationid: `conv-${shard}`,
      ce_time: '2026-03-02T10:00:00.000Z',
      ce_recordedtime: '2026-03-02T10:00:01.000Z',
    };
    const entry = { shard, position, tenantId, key: '', headers, value: JSON.stringify({ text }) };
    this.entries.push(entry);
    return entry;
  }

  ends(): Promise<Map<number, number>> {
    this.asked.ends += 1;
    return Promise.resolve(this.#ends());
  }

  everything(ranges: readonly ShardRange[], size: PageSize): Promise<ActivityPage> {
    this.asked.everything += 1;
    return this.#page(ranges, size, () => true);
  }

  ofTenant(tenantId: string, ranges: readonly ShardRange[], size: PageSize): Promise<ActivityPage> {
    this.asked.ofTenant += 1;
    return this.#page(ranges, size, (entry) => entry.tenantId === tenantId);
  }

  #ends(): Map<number, number> {
    return new Map(this.entries.map(({ shard, position }) => [shard, position]));
  }

  #page(
    ranges: readonly ShardRange[],
    { entries: most }: PageSize,
    isIn: (entry: LoggedActivity) => boolean,
  ): Promise<ActivityPage> {
    const found = ranges.flatMap(({ shard, behind, upTo }) =>
      this.entries.filter(
        (entry) => entry.shard === shard && entry.position > behind && entry.position <= upTo && isIn(entry),
      ),
    );
    this.onPage();
    return Promise.resolve({ entries: found.slice(0, most), isAll: found.length < most });
  }
}

/** A response whose other side takes what it is sent, or does not; and what it was sent. */
export class TestResponse extends EventEmitter {
  readonly frames: string[] = [];
  takes = true;
  ended = false;
  destroyed = false;

  write(frame: Buffer | string): boolean {
    this.frames.push(String(frame));
    return this.takes;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  drain(): void {
    this.takes = true;
    this.emit('drain');
  }

  /** Ids of the activities it was sent. */
  get activities(): string[] {
    return this.frames.flatMap((frame) => /"id":"([^"]+)"/.exec(frame)?.[1] ?? []);
  }

  /** The id of the last frame that has one. */
  get lastEventId(): string {
    return this.frames.flatMap((frame) => /^id: (.*)$/m.exec(frame)?.[1] ?? []).at(-1)!;
  }

  get asResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}
