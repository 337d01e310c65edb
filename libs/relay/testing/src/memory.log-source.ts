import { type LogEntry, type LogHeads, type LogName, type LogSource } from '#libs/relay';

/** The logs in memory, in place of the database. */
export class MemoryLogSource implements LogSource {
  readonly #logs = new Map<string, LogEntry[]>();
  /** While set, the database is out: every call throws it. */
  outage: Error | undefined;
  readonly readPositions: number[] = [];

  /** Adds entries at the next positions; `era` tells apart what a restored database has put at the same positions. */
  grow(log: LogName, shard: number, count: number, { era = 'a', bytes = 200 } = {}): void {
    const entries = this.entries(log, shard);
    for (let i = 0; i < count; i++) {
      const position = entries.length + 1;
      const id = `${log}-${shard}-${era}-${position}`;
      entries.push({
        position,
        key: `task-${position % 7}`,
        headers: { ce_id: id, 'content-type': 'application/json', position: String(position) },
        value: JSON.stringify({ id, text: 'ä'.repeat(bytes / 2) }),
      });
    }
  }

  /** As a restored backup would: only the first `length` entries are left. */
  setBack(log: LogName, shard: number, length: number): void {
    this.entries(log, shard).length = length;
  }

  /** Takes one entry out of the log, which must never happen. */
  lose(log: LogName, shard: number, position: number): void {
    this.entries(log, shard).splice(position - 1, 1);
  }

  entries(log: LogName, shard: number): LogEntry[] {
    const key = `${log}/${shard}`;
    if (!this.#logs.has(key)) this.#logs.set(key, []);
    return this.#logs.get(key)!;
  }

  async heads(): Promise<LogHeads> {
    await this.#answer();
    const heads: LogHeads = { activity: new Map(), rejection: new Map() };
    for (const [key, entries] of this.#logs) {
      const [log, shard] = key.split('/') as [LogName, string];
      heads[log].set(Number(shard), entries.at(-1)?.position ?? 0);
    }
    return heads;
  }

  async read(log: LogName, shard: number, afterPosition: number, limit: number): Promise<LogEntry[]> {
    await this.#answer();
    this.readPositions.push(afterPosition);
    const later = this.entries(log, shard).filter(({ position }) => position > afterPosition);
    return later.slice(0, limit);
  }

  async #answer(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.outage) throw this.outage;
  }
}
