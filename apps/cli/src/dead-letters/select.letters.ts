import { type LetterFilter, type LetterState, type LetterTopic, type Resolutions } from '#libs/dead-letters';
import { NoSuchLetter, type Selection, selectLetters as select } from '#libs/operations';
import { CliError } from '../cli.error';

/** The letters an operation is about. @throws CliError when one that was named is not there. */
export async function selectLetters(
  topic: LetterTopic,
  resolutions: Resolutions,
  filter: LetterFilter,
  states: readonly LetterState[],
  limit: number,
): Promise<Selection> {
  try {
    return await select(topic, resolutions, filter, states, limit);
  } catch (error) {
    if (error instanceof NoSuchLetter) throw noSuchLetter(error);
    throw error;
  }
}

export function noSuchLetter({ message }: NoSuchLetter): CliError {
  return new CliError(message, "'dead-letters list' shows which there are; the topic keeps them for 90 days");
}
