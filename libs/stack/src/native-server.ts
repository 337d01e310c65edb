/** A server that this process started on 127.0.0.1 and that ends with it. */
export interface NativeServer {
  readonly port: number;
  /** The pid of the server itself. */
  readonly pid: number;
  /** Resolves with one line saying how it ended, when it ends. */
  readonly exited: Promise<string>;
  /** Stops it in good order; resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it as a crash would; the data is as it then is. Resolves when no process of it is left. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data, after stop() or kill9() (it is stopped when it still runs). */
  restart(): Promise<void>;
}

/** What both servers take. */
export interface NativeServerOptions {
  /** A folder for this server alone: data, log (server.log) and configuration. Made when missing. */
  dataDir: string;
  /** TCP port on 127.0.0.1; a free one when absent. */
  port?: number;
  /** Gets progress lines; silent when absent. */
  log?: (line: string) => void;
}
