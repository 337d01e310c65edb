import { type LogEntry } from '#libs/relay';

/** What an event stream consists of: the `text/event-stream` of HTML's standard. */

/** Milliseconds after which a listener that was cut off comes again. */
const RETRY_MS = 1_000;

/** An activity as an event; its data is the contract's `ActivityEntry`. */
export function activityFrame(id: string, { headers, value }: LogEntry): Buffer {
  const { ce_id, ce_type, ce_time, ce_recordedtime } = headers;
  const attributes = JSON.stringify({
    id: ce_id,
    type: ce_type,
    time: ce_time,
    recordedAt: ce_recordedtime,
  });
  // The data is sent as it is stored.
  const entry = `${attributes.slice(0, -1)},"data":${value}}`;
  // Within JSON these are white space only.
  const lines = entry.replace(/\r\n|\r|\n/g, '\ndata: ');
  return Buffer.from(`id: ${id}\nevent: ${ce_type}\ndata: ${lines}\n\n`);
}

/** The first of a stream. An id without data is no event: it says where to resume when nothing has happened yet. */
export function firstFrame(id: string): string {
  return `retry: ${RETRY_MS}\nid: ${id}\n\n`;
}

/** Keeps whatever is between from thinking that the connection is idle; the id moves on though nothing happened to what is listened to. */
export function keepAliveFrame(id: string): string {
  return `: keep-alive\nid: ${id}\n\n`;
}
