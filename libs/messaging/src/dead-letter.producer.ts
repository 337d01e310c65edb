import { type LoggerService } from '@nestjs/common';
import {
  CompressionTypes,
  type IHeaders,
  type Kafka,
  type Message,
  Partitioners,
  type Producer,
} from 'kafkajs';
import { type DeadLetter, DeadLetterRefused, type DeadLetters } from '#libs/processing';
import { refusalForGood } from './kafka.errors';
import { encodableNullHeader, NULL_HEADER } from './null-header';

/** The dead letters' topic, without the deployment's prefix. */
export const DEAD_LETTER_TOPIC = 'task-dead-letters';

/** Letters go out in requests of about this many bytes; a larger one alone. */
const REQUEST_BYTES = 1024 * 1024;
/** With every other added header this stays under the 64 KiB by which the topic's limit exceeds the inputs'. */
const MESSAGE_BYTES = 16 * 1024;

export interface KafkaDeadLettersOptions {
  topicPrefix: string;
  /** For `errors.at`. */
  now?: () => Date;
}

/** Puts records nobody could read or apply into the dead letters' topic, byte for byte, with `errors.*` headers added. */
export class KafkaDeadLetters implements DeadLetters {
  private readonly producer: Producer;
  private readonly topic: string;
  private readonly now: () => Date;
  private connected: Promise<void> | null = null;
  private partitions: number | null = null;

  constructor(
    private readonly kafka: Kafka,
    options: KafkaDeadLettersOptions,
    private readonly logger: LoggerService,
  ) {
    this.topic = options.topicPrefix + DEAD_LETTER_TOPIC;
    this.now = options.now ?? (() => new Date());
    this.producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
  }

  /** @throws DeadLetterRefused when the broker will never take one; otherwise when it could not be reached. */
  async publish(letters: DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    await this.connect();
    for (const request of inRequests(letters)) {
      const messages = request.map((letter) => this.messageOf(letter));
      // A record near the limit may have come in a compressed batch, and would not fit as it is.
      const compression = bytesOf(request) > REQUEST_BYTES ? CompressionTypes.ZSTD : CompressionTypes.None;
      try {
        await this.producer.send({ topic: this.topic, messages, acks: -1, compression });
      } catch (error) {
        throw this.refusal(request, error) ?? error;
      }
    }
    this.logger.debug?.(`${letters.length} dead letters published`);
  }

  async disconnect(): Promise<void> {
    if (!this.connected) return;
    this.connected = null;
    await this.producer.disconnect();
  }

  /** For what no waiting cures; undefined for an outage. */
  private refusal(letters: DeadLetter[], error: unknown): DeadLetterRefused | undefined {
    const reason = refusalForGood(error);
    const [first] = letters;
    return reason === undefined ? undefined : new DeadLetterRefused(this.topic, first!.record, reason, error);
  }

  private async connect(): Promise<void> {
    this.connected ??= this.open();
    try {
      await this.connected;
    } catch (error) {
      this.connected = null;
      throw error;
    }
  }

  private async open(): Promise<void> {
    await this.producer.connect();
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.topic] });
      this.partitions = topics[0]!.partitions.length;
    } finally {
      await admin.disconnect();
    }
  }

  private messageOf({ record, stage, code, message, attempt }: DeadLetter): Message {
    const added: Record<string, string> = {
      'errors.topic': record.topic,
      'errors.partition': String(record.partition),
      'errors.offset': record.offset,
      'errors.stage': stage,
      'errors.code': code,
      'errors.message': cut(message, MESSAGE_BYTES),
      'errors.at': this.now().toISOString(),
      'errors.attempt': String(attempt),
    };
    return {
      key: record.key,
      value: record.value,
      headers: withAdded(record.headers, added),
      // With a key, murmur2 of it decides, as for the original.
      ...(record.key === null ? { partition: record.partition % this.partitions! } : {}),
    };
  }
}

/** A dead letter that failed again has such headers already: ours come after them, and the last of a name counts in Kafka. */
function withAdded(own: DeadLetter['record']['headers'], added: Record<string, string>): IHeaders {
  const headers = new Map<string, (Buffer | string)[]>();
  for (const [name, value] of Object.entries(own)) {
    const values = Array.isArray(value) ? value : [value ?? NULL_HEADER];
    headers.set(
      name,
      values.map((each) => (each === NULL_HEADER ? encodableNullHeader() : each)),
    );
  }
  for (const [name, value] of Object.entries(added)) headers.set(name, [...(headers.get(name) ?? []), value]);
  return Object.fromEntries(headers);
}

function* inRequests(letters: DeadLetter[]): Generator<DeadLetter[]> {
  let request: DeadLetter[] = [];
  for (const letter of letters) {
    if (request.length > 0 && bytesOf([...request, letter]) > REQUEST_BYTES) {
      yield request;
      request = [];
    }
    request.push(letter);
  }
  if (request.length > 0) yield request;
}

function bytesOf(letters: DeadLetter[]): number {
  return letters.reduce(
    (sum, { record }) => sum + (record.value?.length ?? 0) + (record.key?.length ?? 0) + 1024,
    0,
  );
}

/** At most so many bytes of UTF-8, never half a character. */
function cut(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while ((encoded[end]! & 0xc0) === 0x80) end -= 1;
  return encoded.toString('utf8', 0, end);
}
