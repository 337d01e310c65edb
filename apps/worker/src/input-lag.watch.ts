import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Kafka } from 'kafkajs';
import { Logger } from 'nestjs-pino';
import { WORKFORCE_GROUP_SUFFIX, WORKFORCE_TOPIC } from '#libs/contracts';
import { GroupOffsetsReader } from '#libs/messaging';
import { InputLag } from '#libs/observability';
import { type Settings } from '#libs/settings';
import { KAFKA, SETTINGS } from './tokens';

/** A dozen requests each time, to a broker that answers thousands a second. */
const ASK_EVERY_MS = 10_000;

/** Asks the broker every few seconds how far the partitions of this worker are: its batches do not tell when there are none. */
@Injectable()
export class InputLagWatch implements OnModuleDestroy {
  readonly #readers: { reader: GroupOffsetsReader; topicsOf(all: string[]): string[] }[];
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;

  constructor(
    @Inject(SETTINGS) { kafkaGroupId, topicPrefix }: Settings,
    @Inject(KAFKA) kafka: Kafka,
    private readonly lag: InputLag,
    private readonly logger: Logger,
  ) {
    const reader = (groupId: string): GroupOffsetsReader =>
      new GroupOffsetsReader(kafka, { groupId, topicPrefix });
    const isWorkforce = (topic: string): boolean => topic === WORKFORCE_TOPIC;
    this.#readers = [
      { reader: reader(kafkaGroupId), topicsOf: (all) => all.filter((topic) => !isWorkforce(topic)) },
      {
        reader: reader(`${kafkaGroupId}${WORKFORCE_GROUP_SUFFIX}`),
        topicsOf: (all) => all.filter(isWorkforce),
      },
    ];
  }

  /** From now on; safe to call again. */
  start(): void {
    this.#timer ??= setInterval(() => void (this.#asking ??= this.#ask()), ASK_EVERY_MS).unref();
  }

  /** Does not wait: a broker that is away would hold the process up for longer than it has for stopping. */
  onModuleDestroy(): void {
    clearInterval(this.#timer);
    for (const { reader } of this.#readers) void reader.close();
  }

  /** One after another: a broker that is slow to answer is not asked twice at once. */
  async #ask(): Promise<void> {
    try {
      for (const { reader, topicsOf } of this.#readers)
        this.lag.saw(await reader.read(topicsOf(this.lag.topics)));
    } catch (error) {
      this.logger.debug(`the lag is not known: ${(error as Error).message}`);
    } finally {
      this.#asking = undefined;
    }
  }
}
