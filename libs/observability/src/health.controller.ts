import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { type HealthReport, ProcessHealth } from './process.health';

/** Probes: 200 or 503, and a body that tells a person which check failed and why. */
@Controller('health')
export class HealthController {
  constructor(private readonly health: ProcessHealth) {}

  /** Not live: restart it. */
  @Get('live')
  @Header('cache-control', 'no-store')
  live(): HealthReport {
    return unless503(this.health.live());
  }

  /** Not ready: leave it alone, it waits for something, or see why. */
  @Get('ready')
  @Header('cache-control', 'no-store')
  ready(): HealthReport {
    return unless503(this.health.ready());
  }
}

function unless503(report: HealthReport): HealthReport {
  if (!report.ok) throw new ServiceUnavailableException(report);
  return report;
}
