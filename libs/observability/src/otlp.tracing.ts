import { type OnApplicationShutdown } from '@nestjs/common';
import { diag, DiagLogLevel, type Tracer } from '@opentelemetry/api';
import { type NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** Where spans are sent, and who sends them. */
export interface TracingSettings {
  /** The URL that takes OTLP over HTTP. */
  url: string;
  /** `service.name`, unless `OTEL_SERVICE_NAME` says otherwise. */
  serviceName: string;
}

const CLOSE_WITHIN_MS = 2_000;

/**
 * A tracer whose spans go to a collector. What else OpenTelemetry's SDK reads from the environment (`OTEL_TRACES_SAMPLER`,
 * `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_…`, `OTEL_RESOURCE_ATTRIBUTES`) counts as its documentation has it. Spans wait in a queue
 * of 2,048 and are dropped when it is full: a collector that is away costs traces and nothing else.
 */
export class OtlpTracing implements OnApplicationShutdown {
  private constructor(private readonly provider: NodeTracerProvider) {}

  static async start(
    { url, serviceName }: TracingSettings,
    logger: { warn(message: string): void },
  ): Promise<OtlpTracing> {
    // Loaded when it is wanted alone: the SDK takes 10 MB and a tenth of a second.
    const [exporters, sdk, resources] = await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/resources'),
    ]);
    const warn = (message: string): void => logger.warn(`traces: ${message.slice(0, 500)}`);
    diag.setLogger(
      { error: warn, warn, info: () => undefined, debug: () => undefined, verbose: () => undefined },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const named = resources.resourceFromAttributes({ 'service.name': serviceName });
    const fromEnvironment = resources.detectResources({ detectors: [resources.envDetector] });
    const provider = new sdk.NodeTracerProvider({
      resource: resources.defaultResource().merge(named).merge(fromEnvironment),
      spanProcessors: [new sdk.BatchSpanProcessor(new exporters.OTLPTraceExporter({ url }))],
    });
    return new OtlpTracing(provider);
  }

  get tracer(): Tracer {
    return this.provider.getTracer('conversation-tasks');
  }

  /** Sends what is still held, when all work has ended, and gives up after a moment: no process stays for its spans. */
  async onApplicationShutdown(): Promise<void> {
    const enough = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS));
    await Promise.race([this.provider.shutdown().catch(() => undefined), enough]);
  }
}
