import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Logger } from 'nestjs-pino';
import { WORKFORCE_GROUP_SUFFIX, WORKFORCE_TOPIC } from '#libs/contracts';
import { createIntake } from '#libs/intake';
import { BatchContext, BatchPattern, type PartitionBatch } from '#libs/messaging';
import { InputLag, type Instruments } from '#libs/observability';
import { WorkforceStore } from '#libs/persistence';
import { type ConsequencePorts, applyWorkforce, type DeadLetters, Interrupted } from '#libs/processing';
import { patienceOf } from './batch.patience';
import { CONSEQUENCES, DEAD_LETTERS, INSTRUMENTS } from './tokens';

export const WORKFORCE = 'workforce';

/** Agents, teams, calendars and policies, from the compacted topic that is the truth about them. */
@Controller()
export class WorkforceController {
  private readonly intake = createIntake();

  constructor(
    private readonly store: WorkforceStore,
    @Inject(DEAD_LETTERS) private readonly deadLetters: DeadLetters,
    @Inject(CONSEQUENCES) private readonly consequences: ConsequencePorts,
    @Inject(INSTRUMENTS) private readonly instruments: Instruments,
    private readonly lag: InputLag,
    private readonly logger: Logger,
  ) {}

  @BatchPattern(WORKFORCE, { topics: [WORKFORCE_TOPIC], groupSuffix: WORKFORCE_GROUP_SUFFIX })
  async handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext): Promise<void> {
    this.lag.fetched(batch.topic, batch.partition, batch.records[0]!, batch.highWatermark);
    const { intake, store, deadLetters, consequences } = this;
    const ports = { intake, store, deadLetters, consequences };
    try {
      const applied = await applyWorkforce(
        batch.records,
        ports,
        patienceOf(context, this.logger, this.instruments),
        batch.nextOffset,
      );
      this.instruments.workforceChanges.inc(applied);
      this.logger.log(`workforce: ${applied} changes applied`);
    } catch (error) {
      if (error instanceof Interrupted) return;
      throw error;
    }
    const last = batch.records.at(-1)!;
    this.lag.applied(batch.topic, batch.partition, BigInt(batch.nextOffset), last);
    context.commit(String(BigInt(last.offset) + 1n));
  }
}
