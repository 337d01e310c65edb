import { type Kafka } from 'kafkajs';
import {
  type OperationPorts,
  type InputRange,
  type ReplaySelection,
  readRanges,
  remembering,
} from '#libs/operations';
import {
  type Patience,
  type RawRecord,
  type ReplayCountsJson,
  ReplayPlanning,
  type ReplaySample,
} from '#libs/processing';

export interface PlanOptions {
  kafka: Kafka;
  topicPrefix: string;
  selection: ReplaySelection;
  ranges: InputRange[];
  ports: OperationPorts;
  /** Where workers have yet to read. */
  isUnread(record: RawRecord): boolean;
  samples: number;
  showValues: boolean;
  chunkSize: number;
  patience: Patience & { isRunning(): boolean };
  onRead(records: number): void;
}

export interface ReplayPlan {
  /** False when there is so much that is new that planning had to stop on the way: `ranges` say where. */
  complete: boolean;
  selection: ReplaySelection;
  ranges: InputRange[];
  read: number;
  /** Of those read, the ones that are meant. */
  selected: number;
  counts: ReplayCountsJson;
  samples: ReplaySample[];
}

class Full extends Error {}

/** What a run of the same selection would do now. Writes nothing. */
export async function planReplay(options: PlanOptions): Promise<ReplayPlan> {
  const { kafka, topicPrefix, selection, ranges, patience } = options;
  const ports = { ...options.ports, intake: remembering(options.ports.intake) };
  const planning = new ReplayPlanning(ports, options);
  let [read, selected, complete] = [0, 0, true];
  const reading = {
    kafka,
    topicPrefix,
    ranges,
    filter: selection.filter,
    intake: ports.intake,
    chunkSize: options.chunkSize,
    isRunning: () => patience.isRunning(),
    onWait: (error: Error, pauseMs: number) => patience.onWait?.(error, pauseMs),
  };
  try {
    await readRanges(reading, async (chunk) => {
      if (planning.isFull && chunk.records.length > 0) throw new Full();
      if (chunk.records.length > 0) await planning.take(chunk.records, patience);
      chunk.range.next = chunk.next;
      read += chunk.read;
      selected += chunk.records.length;
      options.onRead(chunk.read);
    });
  } catch (error) {
    if (!(error instanceof Full)) throw error;
    complete = false;
  }
  return { complete, selection, ranges, read, selected, counts: planning.counts, samples: planning.samples };
}
