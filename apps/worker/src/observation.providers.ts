import { type Provider } from '@nestjs/common';
import { Logger } from 'nestjs-pino';
import { type Registry } from 'prom-client';
import {
  BatchObserver,
  createInstruments,
  InputLag,
  type Instruments,
  METRICS_REGISTRY,
  OtlpTracing,
} from '#libs/observability';
import { type Settings } from '#libs/settings';
import { InputLagWatch } from './input-lag.watch';
import { INSTRUMENTS, TRACING } from './tokens';
import { WorkerGauges } from './worker.gauges';

/** What counts, times and traces; wired here, beside what does the work. */
export function observationProviders({ tracesUrl: url }: Settings): Provider[] {
  return [
    { provide: INSTRUMENTS, inject: [METRICS_REGISTRY], useFactory: (to: Registry) => createInstruments(to) },
    {
      provide: InputLag,
      inject: [INSTRUMENTS],
      useFactory: (instruments: Instruments) => new InputLag(instruments),
    },
    {
      provide: TRACING,
      inject: [Logger],
      useFactory: async (logger: Logger): Promise<OtlpTracing | null> =>
        url === null ? null : OtlpTracing.start({ url, serviceName: 'conversation-tasks-worker' }, logger),
    },
    {
      provide: BatchObserver,
      inject: [INSTRUMENTS, TRACING],
      useFactory: (instruments: Instruments, tracing: OtlpTracing | null) =>
        new BatchObserver(instruments, tracing?.tracer ?? null),
    },
    InputLagWatch,
    WorkerGauges,
  ];
}
