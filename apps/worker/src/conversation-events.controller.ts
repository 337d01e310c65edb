import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Logger } from 'nestjs-pino';
import { CONVERSATION_TOPICS } from '#libs/contracts';
import { BatchContext, BatchPattern, type PartitionBatch } from '#libs/messaging';
import {
  countOutcomes,
  Interrupted,
  type Outcome,
  processBatch,
  type ProcessingPorts,
  type RawRecord,
} from '#libs/processing';
import { type Settings } from '#libs/settings';
import { patienceOf } from './batch.patience';
import { PROCESSING, SETTINGS } from './tokens';

export const CONVERSATION_EVENTS = 'conversation-events';

/** Conversation events, a partition's batch at a time. */
@Controller()
export class ConversationEventsController {
  constructor(
    @Inject(PROCESSING) private readonly ports: ProcessingPorts,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /** Applies a batch in chunks, committing the offset after each: a chunk is what a shard's lock is held for. */
  @BatchPattern(CONVERSATION_EVENTS, { topics: Object.values(CONVERSATION_TOPICS) })
  async handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext): Promise<void> {
    const patience = patienceOf(context, this.logger);
    for (const records of chunksOf(batch.records, this.settings.batchSize)) {
      if (!context.isRunning()) return;
      const isLast = records.at(-1) === batch.records.at(-1);
      try {
        const next = isLast ? batch.nextOffset : undefined;
        this.#report(records[0]!, await processBatch(records, this.ports, patience, next));
      } catch (error) {
        // Nothing of the chunk was committed: it comes again, here or to whoever has the partition then.
        if (error instanceof Interrupted) return;
        throw error;
      }
      await context.commit(String(BigInt(records.at(-1)!.offset) + 1n));
      // A rebalance is told in the answer: better noticed between chunks than after the whole fetch.
      await context.heartbeat();
    }
  }

  /** What was set aside is said aloud: nobody should have to look for it. */
  #report({ topic, partition, offset: from }: RawRecord, outcomes: readonly Outcome[]): void {
    const counts = countOutcomes(outcomes);
    const setAside = counts.dead_letter + counts.skipped + counts.otherPayload;
    const line = { topic, partition, from, ...counts };
    if (setAside === 0) this.logger.debug(line, 'applied');
    else
      this.logger.warn(
        line,
        'applied, with dead letters, unknown types, or other payloads under known identities',
      );
  }
}

function* chunksOf(records: readonly RawRecord[], size: number): Generator<RawRecord[]> {
  for (let start = 0; start < records.length; start += size) yield records.slice(start, start + size);
}
