import { type DynamicModule, Module } from '@nestjs/common';
import { type Registry } from 'prom-client';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { ProcessHealth } from './process.health';
import { METRICS_REGISTRY } from './tokens';

/** What the management port serves. */
export interface Management {
  health: ProcessHealth;
  registry: Registry;
}

/** `/health/live`, `/health/ready` and `/metrics`, without authentication: of any process of the product. */
@Module({})
export class ManagementModule {
  static with({ health, registry }: Management): DynamicModule {
    return {
      module: ManagementModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: ProcessHealth, useValue: health },
        { provide: METRICS_REGISTRY, useValue: registry },
      ],
    };
  }
}
