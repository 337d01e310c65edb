import { type ValidationProblem } from '#libs/contracts';
import { INTAKE_CODES, type IntakeCode } from './codes';

/** As much as goes into the header `errors.message`, in UTF-16 units. */
const LONGEST_MESSAGE = 1000;

/** A record that is no event, on its way to the dead letters. */
export interface IntakeDeadLetter {
  kind: 'dead_letter';
  stage: 'decode' | 'validate';
  code: IntakeCode;
  /** For people; names the field. Of the message's values it holds the type at most; otherwise names. */
  message: string;
}

/** Thrown inside intake only, to leave its steps at the first thing that is wrong; `createIntake` turns it into a result. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: IntakeCode,
    message: string,
  ) {
    super(message);
  }

  toDeadLetter(): IntakeDeadLetter {
    const message = this.message.slice(0, LONGEST_MESSAGE).replace(/\p{Cs}/gu, '\ufffd');
    return { kind: 'dead_letter', stage: INTAKE_CODES[this.code], code: this.code, message };
  }
}

/** Refuses when there are problems, naming all that were found. */
export function refuseProblems(code: IntakeCode, problems: readonly ValidationProblem[]): void {
  if (problems.length > 0) throw new Refusal(code, problems.map(({ message }) => message).join('; '));
}
