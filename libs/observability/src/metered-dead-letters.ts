import { type DeadLetter, type DeadLetters } from '#libs/processing';
import { DEAD_LETTER_CODES } from './metric.catalog';
import { type Instruments } from './metric.instruments';

/** `DeadLetters` that are counted by stage and code once the broker has them. */
export class MeteredDeadLetters implements DeadLetters {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly instruments: Pick<Instruments, 'deadLetters'>,
  ) {}

  async publish(letters: DeadLetter[]): Promise<void> {
    await this.deadLetters.publish(letters);
    for (const { stage, code } of letters)
      this.instruments.deadLetters.inc({
        stage,
        code: Object.hasOwn(DEAD_LETTER_CODES, code) ? code : 'other',
      });
  }
}
