import { CHANNELS, type WireChannel } from './vocabulary';

const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A topic as `migrate` makes and checks it. */
export interface TopicSpec {
  /** Without the deployment's prefix. */
  name: string;
  /** What the key is. */
  key: string;
  /** `shards`: as many as the deployment has shards. */
  partitions: 'shards' | 1;
  cleanupPolicy: 'delete' | 'compact';
  /** Milliseconds; −1: for ever. */
  retentionMs: number;
  maxMessageBytes: number;
  writtenBy: 'others' | 'others and our API' | 'us alone';
  /** Whether what arrives on it is read as conversation events, as workforce changes, or not read. */
  direction: 'in' | 'out';
}

/** The topic of each channel's conversation events and commands. */
export const CONVERSATION_TOPICS: Readonly<Record<WireChannel, string>> = {
  call: 'conversation-events.call',
  message: 'conversation-events.message',
  whatsapp: 'conversation-events.whatsapp',
};
export const WORKFORCE_TOPIC = 'workforce';
/** Added to the deployment's consumer group for the group that reads the workforce. */
export const WORKFORCE_GROUP_SUFFIX = '.workforce';
export const TASK_ACTIVITY_TOPIC = 'task-activity';
export const TASK_REJECTIONS_TOPIC = 'task-rejections';
export const TASK_DEAD_LETTERS_TOPIC = 'task-dead-letters';

/** Far above the 256 KiB a message may have: what is too large must get in to be dead-lettered, rather than be lost at its producer. */
const INPUT_BYTES = 8 * MIB;
/** Room for the `errors.*` headers beside an original of any size. */
const DEAD_LETTER_BYTES = INPUT_BYTES + 64 * KIB;

/** All topics. */
export const TOPICS: readonly TopicSpec[] = [
  ...CHANNELS.map((channel): TopicSpec => ({
    name: CONVERSATION_TOPICS[channel],
    key: 'conversation id',
    partitions: 'shards',
    cleanupPolicy: 'delete',
    retentionMs: 7 * DAY_MS,
    maxMessageBytes: INPUT_BYTES,
    writtenBy: 'others',
    direction: 'in',
  })),
  {
    name: WORKFORCE_TOPIC,
    key: '<tenantid>/agent:<id>, <tenantid>/team:<id>, <tenantid>/calendar:<id> or <tenantid>/policy:<id>',
    partitions: 1,
    cleanupPolicy: 'compact',
    retentionMs: -1,
    maxMessageBytes: INPUT_BYTES,
    writtenBy: 'others and our API',
    direction: 'in',
  },
  {
    name: TASK_ACTIVITY_TOPIC,
    key: 'task id',
    partitions: 'shards',
    cleanupPolicy: 'delete',
    retentionMs: -1,
    maxMessageBytes: MIB,
    writtenBy: 'us alone',
    direction: 'out',
  },
  {
    name: TASK_REJECTIONS_TOPIC,
    key: 'conversation id',
    partitions: 'shards',
    cleanupPolicy: 'delete',
    retentionMs: 30 * DAY_MS,
    maxMessageBytes: MIB,
    writtenBy: 'us alone',
    direction: 'out',
  },
  {
    name: TASK_DEAD_LETTERS_TOPIC,
    key: 'as the original',
    partitions: 'shards',
    cleanupPolicy: 'delete',
    retentionMs: 90 * DAY_MS,
    maxMessageBytes: DEAD_LETTER_BYTES,
    writtenBy: 'us alone',
    direction: 'out',
  },
];

const channels = new Map(CHANNELS.map((channel) => [CONVERSATION_TOPICS[channel], channel]));

/** The channel whose events a topic carries; undefined for any other topic. */
export function channelOfTopic(topic: string): WireChannel | undefined {
  return channels.get(topic);
}
