import { type OperationEnd, type OperationStart, type RedriveProgress } from '#libs/dead-letters';
import {
  type KafkaLetterTopic,
  redrive as redriveOn,
  type RedriveOptions as Options,
  rehearse as rehearseOn,
  Pacing,
  pauseWhile,
} from '#libs/operations';
import { type AvailableSettings } from '#libs/settings';
import { logger, withApplication } from '../applying/processing.ports';

export interface RedriveOptions extends Omit<Options, 'topicPrefix' | 'reader' | 'app' | 'logger'> {
  settings: AvailableSettings;
  topic: KafkaLetterTopic;
}

/** Says what a redrive of these letters would come to. Writes nothing. */
export function rehearse(options: RedriveOptions): Promise<RedriveProgress> {
  return withApplication(options.settings, (app) => rehearseOn({ ...options, ...partsOf(options), app }));
}

/** Redrives these letters, so many a second at most. */
export function redrive(
  options: RedriveOptions,
  perSecond: number,
  start: OperationStart,
): Promise<OperationEnd & { progress: RedriveProgress }> {
  const { patience } = options;
  const pacing = new Pacing(perSecond, Date.now, (ms) => pauseWhile(ms, () => patience.isRunning()));
  return withApplication(options.settings, (app) =>
    redriveOn({ ...options, ...partsOf(options), app }, () => pacing.admit(1), start),
  );
}

function partsOf({ settings, topic }: RedriveOptions) {
  return { topicPrefix: settings.topicPrefix, reader: topic.reader, logger };
}
