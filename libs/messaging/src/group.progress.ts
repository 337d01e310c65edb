/** How one partition of a member gets on. */
export interface PartitionProgress {
  /** Without the deployment's prefix. */
  topic: string;
  partition: number;
  /** Where reading goes on; null until it is known. */
  nextOffset: bigint | null;
  /** Whether somebody is at work on it: a handler, or who finds out where to begin. */
  isInHand: boolean;
  /** Grows with everything that is done of it, also within a batch. */
  steps: number;
}

/** How one membership of a group gets on. */
export interface GroupProgress {
  groupId: string;
  /** Whether it has been told to join; what it waits for before is no fault of the group's. */
  isStarted: boolean;
  /** Whether it is a member now, with partitions or, where there are more members than partitions, without. */
  isJoined: boolean;
  partitions: PartitionProgress[];
}
