import { type EnvelopeClass, envelopeValidator, isTraceparent, toInstant } from '#libs/contracts';
import { type Instant } from '#libs/domain';
import { Refusal, refuseProblems } from './refusal';

/** The attributes of an event, validated. */
export interface Envelope {
  type: string;
  source: string;
  id: string;
  tenantId: string;
  /** Absent on the workforce topic only. */
  subject?: string;
  time: Instant;
  traceparent?: string;
}

const DEFAULT_TENANT = 'default';

/**
 * Validates the attributes and puts them into the product's own words: the tenant `default` where none is named, the time as an Instant. A malformed
 * `traceparent` is dropped, as W3C has it, rather than costing the event.
 *
 * @throws Refusal
 */
export function readEnvelope(attributes: Record<string, unknown>, of: EnvelopeClass): Envelope {
  const { traceparent: trace, ...rest } = attributes;
  const traceparent = typeof trace === 'string' && isTraceparent(trace) ? trace : undefined;
  const time = typeof rest['time'] === 'string' ? toInstant(rest['time']) : undefined;
  const problems = envelopeValidator(of)(rest);
  refuseProblems(
    'invalid_envelope',
    problems.filter(({ field }) => field !== 'time'),
  );
  refuseProblems('invalid_time', problems);
  if (time === undefined) throw new Refusal('invalid_time', 'time is required');
  return {
    type: rest['type'] as string,
    source: rest['source'] as string,
    id: rest['id'] as string,
    tenantId: (rest['tenantid'] as string | undefined) ?? DEFAULT_TENANT,
    subject: rest['subject'] as string | undefined,
    time,
    traceparent,
  };
}
