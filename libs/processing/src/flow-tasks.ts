import { type Activity, type Conversation, type FlowOrigin, taskCreated, taskIdOf } from '#libs/domain';
import { EventBudget, evaluateFlow, type FlowVariables } from '#libs/flows';
import { causeOf } from './cause';
import { type ConversationOutcome, type InboundEvent } from './inbound-event';
import { FlowUnreadable, type Tenant } from './tenant-directory';

/** Writing a task costs that much more than working it out: JSON, twice, and the database. */
const BYTES_A_UNIT = 4;

type OutcomeEvent = InboundEvent & { body: ConversationOutcome };

/**
 * Runs a tenant's flows on an outcome: the Create Task nodes whose condition holds become activities. Assignee and due date were
 * checked against the tenant's people and calendars on the way, with the field's default where they do not stand.
 *
 * @returns the tasks, how many warnings there were, and what it cost, in units of the flows' budget.
 * @throws FlowUnreadable when a stored flow cannot be read by this release.
 */
export function createFlowTasks(
  event: OutcomeEvent,
  conversation: Conversation,
  tenant: Tenant,
): { tasks: { activity: Activity; origin: FlowOrigin }[]; warnings: number; cost: number } {
  const tasks: { activity: Activity; origin: FlowOrigin }[] = [];
  let warnings = 0;
  let made = 0;
  const cause = causeOf(event);
  const variables = variablesOf(event, conversation);
  const budget = new EventBudget();
  for (const { id, version, flow } of tenant.flows) {
    if (flow instanceof FlowUnreadable) throw flow;
    if (!flow.matches(event.body.type, event.channel)) continue;
    for (const result of evaluateFlow(flow, variables, tenant, budget)) {
      warnings += result.warnings.length;
      if (!result.task) continue;
      made += result.size;
      const origin = { flow: id, node: result.node, ordinal: 0 };
      const trace = { id, version, node: result.node, inputs: result.inputs, warnings: result.warnings };
      const draft = { id: taskIdOf(event, origin), ...result.task };
      tasks.push({
        activity: taskCreated(draft, { kind: 'flow', id }, { ...event, cause }, { flow: trace }),
        origin,
      });
    }
  }
  return { tasks, warnings, cost: budget.spent + made / BYTES_A_UNIT };
}

/** What a flow may look at of an outcome, and of its conversation as it is known. */
export function variablesOf(
  event: Pick<OutcomeEvent, 'id' | 'source' | 'time' | 'conversationId' | 'body'>,
  conversation: Conversation,
): FlowVariables {
  const { id, source, time, conversationId, body } = event;
  const { channel, customer, startedAt, endedAt } = conversation;
  return {
    event: { id, source, type: body.type, time, subject: conversationId },
    conversation: { id: conversationId, channel, customer, startedAt, endedAt },
    outcome: body.data,
  };
}
