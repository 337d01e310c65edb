import { type LetterId } from './letter';

/** As lists print it and commands take it again: `conversation-events.call/3@1017`. */
export function idText({ topic, partition, offset }: LetterId): string {
  return `${topic}/${partition}@${offset}`;
}

/** Reads `<topic>/<partition>@<offset>`, or with a second `/` for the `@`; undefined for anything else. */
export function parseId(text: string): LetterId | undefined {
  const parts = /^([A-Za-z0-9._-]+)\/(\d{1,9})[@/](\d{1,19})$/.exec(text.trim());
  if (!parts) return undefined;
  return { topic: parts[1]!, partition: Number(parts[2]), offset: String(BigInt(parts[3]!)) };
}
