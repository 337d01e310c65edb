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
import { DeadLetterResultStore, OperationStore, PostgresTaskFinder, WorkforceStore } from '#libs/persistence';
import { applyConsequences, type Patience, type WorkforceRecord } from '#libs/processing';
import { type AvailableSettings } from '#libs/settings';
import { withProcessing } from '../applying/processing.ports';
import { Pacing } from '../events/pacing';
import { pauseWhile } from '../pause';
import { KafkaLetterCopies } from './letter.copies';
import { type KafkaLetterTopic } from './letter.topic';

export interface RedriveOptions {
  settings: AvailableSettings;
  kafka: Kafka;
  topic: KafkaLetterTopic;
  /** Connected as the operator's role. */
  db: DataSource;
  letters: readonly Letter[];
  edited: EditedRecord | null;
  patience: Patience;
  onVerdict(letter: Letter, verdict: LetterVerdict): void;
}

/** Says what a redrive of these letters would come to. Writes nothing. */
export function rehearse({ settings, kafka, topic, ...options }: RedriveOptions): Promise<RedriveProgress> {
  return withProcessing(settings, kafka, (processing, app) =>
    rehearseRedrive(options.letters, options.edited, {
      ...options,
      copies: new KafkaLetterCopies(kafka, settings.topicPrefix, topic.reader),
      ports: { processing, workforce: workforceOn(app, noConsequences) },
    }),
  );
}

/** Redrives these letters, so many a second at most. */
export function redrive(
  { settings, kafka, topic, db, ...options }: RedriveOptions,
  perSecond: number,
  start: OperationStart,
): Promise<OperationEnd & { progress: RedriveProgress }> {
  const { patience } = options;
  const tasks = new PostgresTaskFinder(db);
  const pacing = new Pacing(perSecond, Date.now, (ms) => pauseWhile(ms, () => patience.isRunning()));
  return withProcessing(settings, kafka, (processing, app) =>
    redriveLetters(options.letters, options.edited, start, {
      ...options,
      copies: new KafkaLetterCopies(kafka, settings.topicPrefix, topic.reader),
      ports: {
        processing,
        workforce: workforceOn(app, (records) =>
          applyConsequences(records, { ...processing, tasks }, patience),
        ),
      },
      deadLetters: processing.deadLetters,
      results: new DeadLetterResultStore(db),
      operations: new OperationStore(db),
      pace: () => pacing.admit(1),
    }),
  );
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
