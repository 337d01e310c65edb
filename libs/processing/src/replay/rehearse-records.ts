import { type Conversation, identityKey, mergeConversations } from '#libs/domain';
import { isIdentified } from '../apply-events';
import { factsOf } from '../conversation-facts';
import { type InboundEvent } from '../inbound-event';
import { type Outcome } from '../outcome';
import { type Patience, waitOutOutages } from '../patience';
import { type ApplyPorts, applyRecords } from '../process-batch';
import { type RawRecord } from '../raw-record';
import { differenceOf, messageDifference } from './differences';
import { conversationKey, messageKey, traceOf } from './rehearsed.state';
import { type Rehearsal, type RehearsalNotes } from './rehearsal';
import { type StandingStore } from './standing.store';
import { type Effect, type Replayed, type Verdict } from './verdict';

export interface RehearsalPorts extends Omit<ApplyPorts, 'store' | 'committed'> {
  standing: StandingStore;
}

/**
 * Says of each record what applying it would do, and does nothing. Further records of the same rehearsal find what these would have
 * written.
 *
 * @returns one verdict a record, in order.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function rehearseRecords(
  records: readonly RawRecord[],
  rehearsal: Rehearsal,
  ports: RehearsalPorts,
  patience: Patience,
): Promise<Replayed[]> {
  const events = new Map<RawRecord, InboundEvent>();
  const read = (record: RawRecord): ReturnType<RehearsalPorts['intake']['read']> => {
    const result = ports.intake.read(record);
    if (result.kind === 'event') events.set(record, result.event);
    return result;
  };
  const rehearsing = { ...ports, intake: { read }, store: rehearsal, committed: undefined };
  const { outcomes } = await applyRecords(records, null, rehearsing, patience);
  const reading = new VerdictReading(rehearsal.takeNotes());
  const replayed = records.map((record, i): Replayed => {
    const event = events.get(record) ?? null;
    const outcome = outcomes[i]!;
    const type = outcome.kind === 'skipped' ? outcome.type : (event?.body.type ?? null);
    return { record, event, type, verdict: reading.of(outcome, event) };
  });
  await explainDifferences(replayed, ports, patience);
  return replayed;
}

/** Not explained yet: what stands has to be looked up. */
const UNEXPLAINED: Verdict = { kind: 'differs', why: { fields: [], reason: 'another payload' } };

/** Reads verdicts out of outcomes, in the order of the records: one that is new makes the next of its kind no news. */
class VerdictReading {
  readonly #conversations: Map<string, Conversation | null>;

  constructor(private readonly notes: RehearsalNotes) {
    this.#conversations = new Map(notes.conversations);
  }

  of(outcome: Outcome, event: InboundEvent | null): Verdict {
    switch (outcome.kind) {
      case 'dead_letter': {
        const { stage, code, message } = outcome.letter;
        return { kind: 'dead_letter', stage, code, message };
      }
      case 'skipped':
        return { kind: 'skipped' };
      case 'duplicate':
        return outcome.samePayload ? { kind: 'there' } : UNEXPLAINED;
      case 'rejected':
      case 'applied':
        return isIdentified(event!) ? this.#ofIdentified(event) : this.#ofProjection(event!);
    }
  }

  #ofIdentified(event: InboundEvent): Verdict {
    const key = identityKey(event);
    const tasks = this.notes.tasks.get(key) ?? [];
    const effect: Effect = {
      taskCount: tasks.length,
      tasks,
      rejection: this.notes.rejections.get(key) ?? null,
      conversation: this.#learn(event),
      message: false,
    };
    return { kind: 'new', effect };
  }

  /** Projections leave no identity: they were missed when a row they give is not as they give it. */
  #ofProjection(event: InboundEvent): Verdict {
    const conversation = this.#learn(event);
    const { body, tenantId, conversationId, time } = event;
    let message = false;
    if (body.type === 'conversation.message.v1') {
      const key = messageKey({ tenantId, conversationId, messageId: body.data.messageId });
      const comes = traceOf({ ...body.data, sentAt: time });
      const stands = this.notes.messages.get(key);
      message = !stands;
      if (message) this.notes.messages.set(key, comes);
      const why = stands ? messageDifference(comes, stands) : null;
      if (why && conversation.length === 0) return { kind: 'differs', why };
    }
    if (!message && conversation.length === 0) return { kind: 'there' };
    return { kind: 'new', effect: { taskCount: 0, tasks: [], rejection: null, conversation, message } };
  }

  /** Lets the conversation become what the event makes of it. @returns the fields that changed. */
  #learn(event: InboundEvent): string[] {
    const key = conversationKey(event.tenantId, event.conversationId);
    const before = this.#conversations.get(key) ?? null;
    const facts = factsOf(event);
    const after = before ? mergeConversations(before, facts) : facts;
    this.#conversations.set(key, after);
    return (Object.keys(after) as (keyof Conversation)[]).filter(
      (field) => JSON.stringify(after[field]) !== JSON.stringify(before?.[field] ?? null),
    );
  }
}

/** Looks up what stands under the identities that came with another payload; they are few. */
async function explainDifferences(
  replayed: readonly Replayed[],
  { standing, shardOf, directory }: RehearsalPorts,
  patience: Patience,
): Promise<void> {
  const byShard = new Map<number, { each: Replayed; event: InboundEvent }[]>();
  for (const each of replayed) {
    if (each.verdict !== UNEXPLAINED || !each.event) continue;
    const shard = shardOf(each.event.conversationId);
    byShard.set(shard, [...(byShard.get(shard) ?? []), { each, event: each.event }]);
  }
  for (const [shard, differing] of byShard) {
    const events = differing.map(({ event }) => event);
    const tenantIds = [...new Set(events.map(({ tenantId }) => tenantId))];
    const look = () =>
      standing.asItStands(shard, tenantIds, async (view) => ({
        made: await view.made(events),
        tenantAt: await directory.at(view, tenantIds),
      }));
    const { made, tenantAt } = await waitOutOutages(look, patience);
    for (const { each, event } of differing) {
      const why = differenceOf(event, made.get(identityKey(event)), tenantAt(event.tenantId));
      each.verdict = { kind: 'differs', why };
    }
  }
}
