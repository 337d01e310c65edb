/** An example of a message: real enough to be sent. */
export interface MessageExample {
  /** What it shows. */
  name: string;
  /** The record's key. */
  key: string;
  /** The envelope's attributes but `specversion` and `type`. */
  attributes: Record<string, string>;
  data: Record<string, unknown>;
}

const AT = '2026-11-20T09:30:00.000Z';

/** An example on a conversation topic. */
export function ofConversation(name: string, id: string, data: Record<string, unknown>): MessageExample {
  return {
    name,
    key: 'conv-1',
    attributes: { id, source: '/telephony/voice', subject: 'conv-1', time: AT, tenantid: 'demo' },
    data,
  };
}

/** An example on the workforce topic. */
export function ofWorkforce(
  name: string,
  kind: string,
  data: { id: string } & Record<string, unknown>,
): MessageExample {
  return {
    name,
    key: `demo/${kind}:${data.id}`,
    attributes: { id: `${kind}-${data.id}-1`, source: '/people', time: AT, tenantid: 'demo' },
    data,
  };
}
