/** Partition numbers by topic, the topic without the deployment's prefix. */
export type PartitionsByTopic = Record<string, number[]>;

/** A partition as the key of a map. */
export function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Told about what a group's member may work on; the relay follows it. Never awaited; a throw is fatal. */
export interface AssignmentListener {
  /** The member has joined and owns these now, in place of all before. */
  onAssignment?(partitions: PartitionsByTopic): void;
  /** It owns nothing any more: a rebalance has begun, or it stopped, crashed or lost its connection. Once for each assignment. */
  onRevoked?(): void;
}

/** One membership of a group, from one rebalance to the next. Nothing may be committed once it has ended. */
export class Generation {
  private over = false;

  constructor(
    readonly assignment: PartitionsByTopic,
    private readonly revoked: () => void,
  ) {}

  get ended(): boolean {
    return this.over;
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.revoked();
  }
}
