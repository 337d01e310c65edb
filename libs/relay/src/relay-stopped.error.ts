/** Why the relay refuses to go on. */
export type StopReason = 'foreign_record' | 'database_set_back' | 'log_incomplete';

const REMEDIES: Record<StopReason, string> = {
  foreign_record:
    'Somebody else wrote to this topic, so offsets no longer are positions. Find the writer and take its right away; then stop ' +
    "all workers, run 'npm run cli -- reset --published --yes', and start: the relay publishes the log from position 1.",
  database_set_back:
    'The database is behind what was published, as after restoring a backup: consumers have seen what it no longer knows. ' +
    "Restore a newer state if there is one. Else stop all workers, run 'npm run cli -- reset --published --yes', start, and have " +
    'consumers read from the beginning; what the input topics still hold is applied again by itself.',
  log_incomplete:
    'Entries the topic still lacks are missing from the database, and must not be skipped. Restore them from a backup.',
};

/** Topic and log contradict each other in a way that only a person can settle. Nothing was skipped or overwritten. */
export class RelayStoppedError extends Error {
  override readonly name = 'RelayStoppedError';
  readonly code = 'relay_stopped';
  /** What to do, for the operator. */
  readonly remedy: string;

  constructor(
    readonly topic: string,
    readonly shard: number,
    readonly reason: StopReason,
    /** What was found, in a few words. */
    readonly found: string,
  ) {
    super(`relay stopped at ${topic}, partition ${shard} (${reason}): ${found}. ${REMEDIES[reason]}`);
    this.remedy = REMEDIES[reason];
  }
}
