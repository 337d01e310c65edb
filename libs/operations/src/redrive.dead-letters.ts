import { type LoggerService } from '@nestjs/common';
import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import {
  type EditedRecord,
  type Letter,
  type LetterVerdict,
  type OperationEnd,
  type OperationStart,
  type RedriveProgress,
  redriveLetters,
  rehearseRedrive,
} from '#libs/dead-letters';
import { createIntake } from '#libs/intake';
import { type PartitionReader } from '#libs/messaging';
import { DeadLetterResultStore, OperationStore, PostgresTaskFinder, WorkforceStore } from '#libs/persistence';
import { applyConsequences, type Patience, type WorkforceRecord } from '#libs/processing';
import { KafkaLetterCopies } from './letter.copies';
import { withProcessingOn } from './processing.ports';

export interface RedriveOptions {
  kafka: Kafka;
  topicPrefix: string;
  /** A reader of the dead letters' topic that is open already; null: one is opened. */
  reader: PartitionReader | null;
  /** Connected as the application's role. */
  app: DataSource;
  /** Connected as the operator's role. */
  db: DataSource;
  letters: readonly Letter[];
  edited: EditedRecord | null;
  patience: Patience;
  logger: LoggerService;
  onVerdict(letter: Letter, verdict: LetterVerdict): void;
}

/** Says what a redrive of these letters would come to. Writes nothing. */
export function rehearse(options: RedriveOptions): Promise<RedriveProgress> {
  const { app, letters, edited } = options;
  return withProcessingOn({ ...options, db: app }, (processing) =>
    rehearseRedrive(letters, edited, {
      ...options,
      copies: copiesOf(options),
      ports: { processing, workforce: workforceOn(app, noConsequences) },
    }),
  );
}

/** @param pace resolves when the next one may go. */
export function redrive(
  options: RedriveOptions,
  pace: () => Promise<void>,
  start: OperationStart,
): Promise<OperationEnd & { progress: RedriveProgress }> {
  const { app, db, letters, edited, patience } = options;
  const tasks = new PostgresTaskFinder(db);
  return withProcessingOn({ ...options, db: app }, (processing) =>
    redriveLetters(letters, edited, start, {
      ...options,
      copies: copiesOf(options),
      ports: {
        processing,
        workforce: workforceOn(app, (records) =>
          applyConsequences(records, { ...processing, tasks }, patience),
        ),
      },
      deadLetters: processing.deadLetters,
      results: new DeadLetterResultStore(db),
      operations: new OperationStore(db),
      pace,
    }),
  );
}

function copiesOf({ kafka, topicPrefix, reader }: RedriveOptions): KafkaLetterCopies {
  return new KafkaLetterCopies(kafka, topicPrefix, reader);
}

/** @param consequences applies what changes of the workforce mean for tasks. */
function workforceOn(
  app: DataSource,
  consequences: (records: readonly WorkforceRecord[]) => Promise<unknown>,
) {
  const store = new WorkforceStore(app);
  return {
    intake: createIntake(),
    apply: async (records: readonly WorkforceRecord[]) => {
      const changed = await store.apply(records, null);
      await consequences(records);
      return changed;
    },
    rehearse: (records: readonly WorkforceRecord[]) => store.rehearse(records),
  };
}

const noConsequences = (): Promise<void> => Promise.resolve();
