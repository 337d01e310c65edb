import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { spanContextOf, traceparentOf } from './trace.context';

/**
 * The span of a request: in the trace that its `traceparent` names, else the beginning of one. Names and attributes are those of
 * OpenTelemetry's HTTP conventions; never the path itself or what stands behind the question mark, which have customers' words in them.
 */
export class RequestSpan {
  readonly #span: Span;

  /** @param traceparent as it came, if it came. */
  constructor(
    tracer: Tracer,
    private readonly method: string,
    private readonly traceparent: string | undefined,
  ) {
    const parent = traceparent === undefined ? null : spanContextOf(traceparent);
    this.#span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
      parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT,
    );
  }

  /** Of what the request leads to: this span, where it is sent somewhere, and else what the request came with. */
  get continued(): string | undefined {
    return this.#span.isRecording() ? traceparentOf(this.#span.spanContext()) : this.traceparent;
  }

  /** For the log. */
  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  /** @param route as the API's document has it; none for what no route serves. */
  end(route: string | undefined, status: number): void {
    if (route !== undefined) {
      this.#span.updateName(`${this.method} ${route}`);
      this.#span.setAttribute('http.route', route);
    }
    this.#span.setAttribute('http.response.status_code', status);
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}
