import { type OnModuleDestroy } from '@nestjs/common';
import { type Kafka } from 'kafkajs';
import { type Logger } from 'nestjs-pino';
import { type DataSource } from 'typeorm';
import { CONVERSATION_TOPICS, type StartReplayBody, toInstant } from '#libs/contracts';
import { isBrokerOutage } from '#libs/messaging';
import {
  mustKnowTheWorkforce,
  NoSuchPartition,
  rangesOf,
  type ReplayParameters,
  type ReplayProgress,
  ReplayRun,
  type ReplaySelection,
  startOf,
  withProcessingOn,
  WorkforceUnread,
  type WorkersPositions,
  workersPositions,
} from '#libs/operations';
import { type Operation, type OperationStore } from '#libs/persistence';
import { OperationRun } from '#libs/processing';
import { actorOf, type Caller } from '../auth/caller';
import { invalid, problem } from '../http/problem';

/** Records a second unless said: the process has requests to answer meanwhile. */
const RATE = 200;

export type Replay = Operation<ReplayParameters, ReplayProgress>;

export interface ReplayParts {
  kafka: Kafka;
  topicPrefix: string;
  batchSize: number;
  /** Connected as the application's role. */
  app: DataSource;
  operations: OperationStore;
  logger: Logger;
}

/** Replays of one tenant's records, run by this process beside what it serves: one at a time. */
export class TenantReplays implements OnModuleDestroy {
  #run: OperationRun<ReplayProgress> | null = null;
  #ended: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isStopping = false;

  constructor(private readonly parts: ReplayParts) {}

  /**
   * Begins one; it runs on after this. What workers have yet to read is left to them.
   *
   * @returns it as it begins.
   * @throws RequestProblem `invalid`; `too_many_requests` while one runs; `unavailable` while workers have yet to read the workforce,
   *   while Kafka is away, and when the process ends.
   */
  async start(caller: Caller, body: StartReplayBody): Promise<Replay> {
    const selection = selectionOf(caller.tenantId, body);
    if (this.#isStopping) throw problem('unavailable', 'the process ends: ask again', { retryAfter: 5 });
    if (this.#isBusy)
      throw problem('too_many_requests', 'this process runs a replay already: see GET /v1/ops/replays', {
        retryAfter: 30,
      });
    this.#isBusy = true;
    try {
      const { positions, progress } = await this.#planned(selection);
      const parameters = { selection, rate: body.rate ?? RATE };
      const { kind, id: who } = actorOf(caller);
      const { operations } = this.parts;
      const id = await operations.begin({
        kind: 'replay',
        startedBy: `/http/${kind}/${who}`,
        reason: body.reason ?? null,
        parameters,
        progress,
      });
      this.#ended = this.#through(id, parameters, progress, positions);
      return (await operations.find(id)) as Replay;
    } catch (error) {
      if (!this.#run) this.#isBusy = false;
      throw error;
    }
  }

  /** Pauses what is under way after its step, as Ctrl-C does at the command line, which can go on with it. */
  async onModuleDestroy(): Promise<void> {
    this.#isStopping = true;
    this.#run?.pause();
    await this.#ended;
  }

  async #planned(
    selection: ReplaySelection,
  ): Promise<{ positions: WorkersPositions; progress: ReplayProgress }> {
    const { kafka, topicPrefix, app } = this.parts;
    try {
      await mustKnowTheWorkforce(kafka, topicPrefix, app);
      const positions = await workersPositions(app);
      const { ranges } = positions.leavingTheUnread(await rangesOf(kafka, topicPrefix, selection));
      return { positions, progress: startOf(ranges) };
    } catch (error) {
      if (error instanceof NoSuchPartition)
        throw invalid([{ field: 'partitions', message: `partitions: ${error.message}` }]);
      const isUnread = error instanceof WorkforceUnread;
      if (!isUnread && !isBrokerOutage(error)) throw error;
      const why = isUnread ? error.message : 'Kafka cannot be reached';
      throw problem('unavailable', why, { retryAfter: 5, cause: error });
    }
  }

  /** Never rejects: how it ended is written down, and logged where it is ours to mend. */
  async #through(
    id: string,
    parameters: ReplayParameters,
    before: ReplayProgress,
    { isUnread }: WorkersPositions,
  ): Promise<void> {
    const { operations, logger, kafka, topicPrefix, app, batchSize: chunkSize } = this.parts;
    let replay: ReplayRun | null = null;
    const run = new OperationRun<ReplayProgress>({
      journal: {
        report: (progress) => operations.report(id, progress),
        leave: (status, progress) => operations.leave(id, status, progress),
      },
      progress: () => replay?.progress ?? before,
      onWait: (error, pauseMs) => logger.warn(`replay ${id} waits ${pauseMs} ms: ${error.message}`),
    });
    this.#run = run;
    try {
      const status = await run.through(() =>
        withProcessingOn({ kafka, topicPrefix, db: app, logger }, async (ports) => {
          const options = { kafka, topicPrefix, ports, parameters, before, isUnread, chunkSize };
          replay = new ReplayRun({ ...options, samples: 0, onRead: () => undefined });
          try {
            await replay.through(run);
          } catch (error) {
            replay.failure = error instanceof Error ? error.message : String(error);
            throw error;
          }
        }),
      );
      logger.log(`replay ${id} ${status}`);
    } catch (error) {
      logger.error({ msg: `replay ${id} failed`, err: error });
    } finally {
      this.#run = null;
      this.#isBusy = false;
    }
  }
}

/** Of the caller's tenant, whatever else is asked. @throws RequestProblem `invalid` for bounds that exclude each other. */
function selectionOf(tenant: string, body: StartReplayBody): ReplaySelection {
  const { topics, partitions, fromOffset, toOffset, from, to, conversation, key, types } = body;
  for (const [time, offset] of [
    ['from', 'fromOffset'],
    ['to', 'toOffset'],
  ] as const) {
    if (body[time] != null && body[offset] != null)
      throw invalid([{ field: offset, message: `${offset} cannot stand beside ${time}` }]);
  }
  return {
    topics: [...new Set(topics ?? Object.values(CONVERSATION_TOPICS))],
    partitions: partitions ?? null,
    fromOffset: fromOffset?.toString() ?? null,
    toOffset: toOffset?.toString() ?? null,
    from: from == null ? null : toInstant(from)!,
    to: to == null ? null : toInstant(to)!,
    filter: {
      tenant,
      ...(conversation != null && { conversation }),
      ...(key != null && { key }),
      ...(types != null && { types }),
    },
  };
}
