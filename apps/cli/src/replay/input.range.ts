import { type Kafka } from 'kafkajs';
import { type InputRange, NoSuchPartition, rangesOf as ranges, type ReplaySelection } from '#libs/operations';
import { CliError, EXIT } from '../cli.error';

/** The ranges of a selection, fixed now. @throws CliError for a partition that is not there. */
export async function rangesOf(
  kafka: Kafka,
  topicPrefix: string,
  selection: ReplaySelection,
): Promise<InputRange[]> {
  try {
    return await ranges(kafka, topicPrefix, selection);
  } catch (error) {
    if (!(error instanceof NoSuchPartition)) throw error;
    throw new CliError(error.message, `It has 0 to ${error.partitions - 1}`, EXIT.usage);
  }
}
