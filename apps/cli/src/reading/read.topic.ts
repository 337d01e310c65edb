import { type Kafka } from 'kafkajs';
import { endOffsets, PartitionReader, type ReadTopic } from '#libs/messaging';
import { type RawRecord } from '#libs/processing';

/** Gives every record a topic has at this moment to `take`, partition by partition. Records that arrive meanwhile are not waited for. */
export async function readWholeTopic(
  kafka: Kafka,
  topic: ReadTopic,
  take: (record: RawRecord) => void,
): Promise<void> {
  const ranges = await endOffsets(kafka, topic.topicPrefix, topic.name);
  const filled = ranges.filter(({ earliest, end }) => end > earliest);
  if (filled.length === 0) return;
  await PartitionReader.with(kafka, topic, async (reader) => {
    for (const { partition, earliest, end } of filled) {
      for await (const records of reader.read(partition, earliest, end)) records.forEach(take);
    }
  });
}
