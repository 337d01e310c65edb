import { EXAMPLES, isConversationTopicType, unstorableStringIn, type EventType } from '#libs/contracts';
import { type InboundEvent, type IntakeResult, type RawRecord } from '#libs/processing';
import { INTAKE_CODES, type IntakeCode } from '../codes';
import { toBinary, toStructured } from '../encode';
import { createIntake } from '../intake';
import { asBuffers, record as recordOf } from '../testing/records';
import { mutate } from './mutations';
import { Random } from './random';

export interface FuzzOptions {
  seed: number;
  inputs: number;
  /** Told now and then how many inputs were tried. */
  onProgress?(tried: number): void;
}

/** What came of the inputs. */
export interface FuzzCounts {
  seed: number;
  inputs: number;
  /** Inputs that showed something no earlier one had, and are mutated further. */
  corpus: number;
  events: number;
  skipped: number;
  /** By `errors.code`. */
  deadLetters: Record<string, number>;
}

/** A promise that an input broke. The message has what it takes to see it again. */
class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';

  constructor(promise: string, seed: number, index: number, input: RawRecord) {
    const headers = Object.entries(input.headers).map(([name, value]) => `${name}=${String(value)}`);
    super(
      `${promise}; seed ${seed}, input ${index}, topic ${input.topic}, headers ${JSON.stringify(headers)}, ` +
        `value in base64: ${input.value?.subarray(0, 4_096).toString('base64') ?? 'null'}`,
    );
  }
}

const { read } = createIntake();
/** A corpus that grows without end would be as slow to search as random bytes. */
const LARGEST_CORPUS = 2_000;
const LARGEST_KEPT_BYTES = 300_000;
/** Put into every text of the seeds: no message about an input may have it. */
const CANARY = 'Kanarienvogel';

/**
 * Reads records that were made by changing valid ones, and holds every promise intake makes against what comes of each.
 * Inputs that lead to an outcome not seen before (a code, with the shape of its message) join those that are changed further.
 *
 * @throws FuzzFailure for the first broken promise.
 */
export function fuzzIntake({ seed, inputs, onProgress }: FuzzOptions): FuzzCounts {
  const random = new Random(seed);
  const corpus = seeds();
  const seen = new Set<string>();
  const counts: FuzzCounts = { seed, inputs, corpus: 0, events: 0, skipped: 0, deadLetters: {} };
  for (let index = 0; index < inputs; index += 1) {
    const input =
      index < SEED_COUNT ? corpus[index]! : mutate(oneOf(corpus, random), random, random.pick(corpus));
    const fail = (promise: string) => new FuzzFailure(promise, seed, index, input);
    const result = readUntouched(input, fail);
    count(result, counts);
    checkPromises(result, input, fail);
    const feature = featureOf(result);
    if (!seen.has(feature)) {
      seen.add(feature);
      if (corpus.length < LARGEST_CORPUS && (input.value?.length ?? 0) < LARGEST_KEPT_BYTES)
        corpus.push(input);
    }
    if (index % 10_000 === 9_999) onProgress?.(index + 1);
  }
  counts.corpus = corpus.length;
  return counts;
}

/** Half of the time a valid event: what is changed again and again soon is nothing but broken. */
function oneOf(corpus: readonly RawRecord[], random: Random): RawRecord {
  return random.below(2) === 0 ? corpus[random.below(SEED_COUNT)]! : random.pick(corpus);
}

const SEEDED_TYPES = (Object.keys(EXAMPLES) as EventType[]).filter(isConversationTopicType);
const SEED_COUNT = SEEDED_TYPES.flatMap((type) => EXAMPLES[type]).length * 2;

/** Every example of every type of the conversation topics, in both bindings. */
function seeds(): RawRecord[] {
  return SEEDED_TYPES.flatMap((type) =>
    EXAMPLES[type].flatMap(({ attributes, data }) => {
      const event = {
        ...(attributes as { id: string; source: string; time: string }),
        type,
        data: marked(data),
      };
      const { channel = 'call' } = data as { channel?: string };
      const topic = `conversation-events.${channel}`;
      return [toBinary(event), toStructured(event)].map(({ headers, value }) =>
        recordOf({ topic, headers: asBuffers(headers), value }),
      );
    }),
  );
}

/** The same data with the canary in what people wrote. */
function marked(data: unknown): unknown {
  const text = JSON.stringify(data);
  return JSON.parse(text.replace(/"(text|title|description|summary|name)":"/g, `"$1":"${CANARY} `));
}

function readUntouched(input: RawRecord, fail: (promise: string) => FuzzFailure): IntakeResult {
  const before = input.value === null ? null : Buffer.from(input.value);
  let result: IntakeResult;
  try {
    result = read(input);
  } catch (error) {
    throw fail(`intake threw ${String(error)}`);
  }
  if (before !== null && !before.equals(input.value!)) throw fail('intake changed the bytes');
  return result;
}

function count(result: IntakeResult, counts: FuzzCounts): void {
  if (result.kind === 'event') counts.events += 1;
  else if (result.kind === 'skipped') counts.skipped += 1;
  else counts.deadLetters[result.code] = (counts.deadLetters[result.code] ?? 0) + 1;
}

function checkPromises(result: IntakeResult, input: RawRecord, fail: (promise: string) => FuzzFailure): void {
  switch (result.kind) {
    case 'skipped':
      return;
    case 'dead_letter':
      if (!(result.code in INTAKE_CODES)) throw fail(`the code ${result.code} is not in the closed list`);
      if (result.code === ('intake_failed' satisfies IntakeCode))
        throw fail(`intake failed: ${result.message}`);
      if (result.stage !== INTAKE_CODES[result.code as IntakeCode]) throw fail('the stage is not the code’s');
      if (result.message.includes(CANARY)) throw fail('the message tells what people wrote');
      if (result.message.length > 4_096) throw fail('the message is too long');
      return;
    case 'event':
      checkEvent(result.event, input, fail);
  }
}

/** An event that was accepted can be stored, and is the same event in either binding. */
function checkEvent(event: InboundEvent, input: RawRecord, fail: (promise: string) => FuzzFailure): void {
  const { source, id, tenantId, conversationId, time, body } = event;
  if (unstorableStringIn({ source, id, tenantId, conversationId, body }, '') !== undefined) {
    throw fail('an event was accepted that PostgreSQL cannot store');
  }
  const year = Number(time.slice(0, 4));
  if (new Date(time).toISOString() !== time || year < 1970 || year > 9999)
    throw fail(`the time ${time} is no instant`);
  const again = {
    id,
    source,
    type: body.type,
    subject: conversationId,
    time,
    tenantid: tenantId,
    data: body.data,
  };
  for (const { headers, value } of [toBinary(again), toStructured(again)]) {
    const result = read(recordOf({ topic: input.topic, headers: asBuffers(headers), value }));
    if (result.kind !== 'event') throw fail(`written again it is not accepted: ${JSON.stringify(result)}`);
    const { origin: _own, traceparent: _trace, payloadHash: hash, ...same } = event;
    const { origin: _origin, traceparent: _none, payloadHash: itsHash, ...itself } = result.event;
    // As JSON, where -0 is 0.
    if (JSON.stringify(itself) !== JSON.stringify(same)) throw fail('written again it is another event');
    // An id that is null is one that is not given, and is not hashed as one.
    if (!hash.equals(itsHash) && !input.value!.includes('taskId'))
      throw fail('written again it has another hash');
  }
}

/** What an outcome shows: paths and numbers in a message do not make it another. */
function featureOf(result: IntakeResult): string {
  if (result.kind === 'event') {
    const { body, tenantId, traceparent } = result.event;
    const keys = Object.keys(body.data).filter((key) => /^[a-zA-Z]{1,20}$/.test(key));
    return `event ${body.type} ${keys.sort().join()} ${tenantId === 'default'} ${traceparent !== undefined}`;
  }
  if (result.kind === 'skipped') return 'skipped';
  return `${result.code} ${result.message
    .replace(/\d+/g, 'n')
    .replace(/\[.*?\]/g, '[]')
    .slice(0, 80)}`;
}
