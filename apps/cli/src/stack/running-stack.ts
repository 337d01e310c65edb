/** The servers `start` runs on: real ones, wherever they come from. */
export interface RunningStack {
  kind: 'external' | 'compose' | 'native';
  /** In words, for the summary: "Docker Compose". */
  description: string;
  /** Settings of the service: KAFKA_BROKERS, DATABASE_URL, MIGRATE_DATABASE_URL. */
  environment: Record<string, string>;
  /** Where the data is, for the summary. */
  data: string;
  /** Resolves with one line when a server ends by itself; never for external servers. */
  failed: Promise<string>;
  /** Stops what was started, in good order. */
  stop(): Promise<void>;
}

/** The application's role and the database, where we make them ourselves. */
export const APPLICATION_ROLE = 'conversation_tasks';
export const DATABASE = 'conversation_tasks';
