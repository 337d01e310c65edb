import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Logger } from 'nestjs-pino';
import { CONVERSATION_TOPICS } from '#libs/contracts';
import { BatchContext, BatchPattern, type PartitionBatch } from '#libs/messaging';
import { BatchObserver, type BatchWatch, InputLag, type Instruments } from '#libs/observability';
import {
  countOutcomes,
  Interrupted,
  type OutcomeCounts,
  processBatch,
  type ProcessingPorts,
  type RawRecord,
} from '#libs/processing';
import { type Settings } from '#libs/settings';
import { patienceOf } from './batch.patience';
import { INSTRUMENTS, PROCESSING, SETTINGS } from './tokens';

export const CONVERSATION_EVENTS = 'conversation-events';

/** Conversation events, a partition's batch at a time. */
@Controller()
export class ConversationEventsController {
  constructor(
    @Inject(PROCESSING) private readonly ports: ProcessingPorts,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(INSTRUMENTS) private readonly instruments: Instruments,
    private readonly observer: BatchObserver,
    private readonly lag: InputLag,
    private readonly logger: Logger,
  ) {}

  /** Applies a batch in chunks, committing the offset after each: a chunk is what a shard's lock is held for. */
  @BatchPattern(CONVERSATION_EVENTS, { topics: Object.values(CONVERSATION_TOPICS) })
  async handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext): Promise<void> {
    const { topic, partition } = batch;
    this.lag.fetched(topic, partition, batch.records[0]!, batch.highWatermark);
    let done = 0;
    for (const records of chunksOf(batch.records, this.settings.batchSize)) {
      if (!context.isRunning()) return;
      done += records.length;
      const isLast = done === batch.records.length;
      try {
        await this.#apply(records, context, isLast ? batch.nextOffset : undefined);
      } catch (error) {
        // Nothing of the chunk was committed: it comes again, here or to whoever has the partition then.
        if (error instanceof Interrupted) return;
        throw error;
      }
      const last = records.at(-1)!;
      const next = isLast ? batch.nextOffset : String(BigInt(last.offset) + 1n);
      this.lag.applied(topic, partition, BigInt(next), last, batch.records[done]);
      context.commit(String(BigInt(last.offset) + 1n));
      // A rebalance is told in the answer: better noticed between chunks than after the whole fetch.
      await context.heartbeat();
    }
  }

  async #apply(
    records: readonly RawRecord[],
    context: BatchContext,
    nextOffset: string | undefined,
  ): Promise<void> {
    const watch = this.observer.watch(records, this.ports);
    const patience = patienceOf(context, this.logger, this.instruments, () => watch.traceFields);
    try {
      const outcomes = await processBatch(records, watch.ports, patience, nextOffset);
      const counts = countOutcomes(outcomes);
      watch.applied(outcomes, counts);
      this.#report(records[0]!, counts, watch);
    } catch (error) {
      watch.failed(error as Error);
      throw error;
    }
  }

  /** What was set aside is said aloud: nobody should have to look for it. */
  #report({ topic, partition, offset: from }: RawRecord, counts: OutcomeCounts, watch: BatchWatch): void {
    const setAside = counts.dead_letter + counts.skipped + counts.otherPayload;
    const line = { topic, partition, from, ...counts, ...watch.traceFields };
    if (setAside === 0) this.logger.debug({ msg: 'applied', ...line });
    else this.logger.warn({ msg: `applied, ${SET_ASIDE}`, ...line });
  }
}

const SET_ASIDE = 'with dead letters, unknown types, or other payloads under known identities';

function* chunksOf(records: readonly RawRecord[], size: number): Generator<RawRecord[]> {
  for (let start = 0; start < records.length; start += size) yield records.slice(start, start + size);
}
