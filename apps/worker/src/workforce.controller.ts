import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Logger } from 'nestjs-pino';
import { WORKFORCE_TOPIC } from '#libs/contracts';
import { createIntake } from '#libs/intake';
import { BatchContext, BatchPattern, KafkaDeadLetters, type PartitionBatch } from '#libs/messaging';
import { WorkforceStore } from '#libs/persistence';
import { applyWorkforce, Interrupted } from '#libs/processing';
import { patienceOf } from './batch.patience';

export const WORKFORCE = 'workforce';

/** Agents, teams, calendars and policies, from the compacted topic that is the truth about them. */
@Controller()
export class WorkforceController {
  private readonly intake = createIntake();

  constructor(
    private readonly store: WorkforceStore,
    private readonly deadLetters: KafkaDeadLetters,
    private readonly logger: Logger,
  ) {}

  @BatchPattern(WORKFORCE, { topics: [WORKFORCE_TOPIC], groupSuffix: '.workforce' })
  async handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext): Promise<void> {
    const ports = { intake: this.intake, store: this.store, deadLetters: this.deadLetters };
    try {
      const applied = await applyWorkforce(
        batch.records,
        ports,
        patienceOf(context, this.logger),
        batch.nextOffset,
      );
      this.logger.log(`workforce: ${applied} changes applied`);
    } catch (error) {
      if (error instanceof Interrupted) return;
      throw error;
    }
    await context.commit(String(BigInt(batch.records.at(-1)!.offset) + 1n));
  }
}
