import { Controller, Get, Inject, Res } from '@nestjs/common';
import { type Registry } from 'prom-client';
import { METRICS_REGISTRY } from './tokens';

/** What Prometheus scrapes. */
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS_REGISTRY) private readonly registry: Registry) {}

  @Get()
  async metrics(
    @Res({ passthrough: true }) response: { type(contentType: string): unknown },
  ): Promise<string> {
    response.type(this.registry.contentType);
    return this.registry.metrics();
  }
}
