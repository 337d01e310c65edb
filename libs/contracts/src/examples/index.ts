import { type EventType } from '../event-types';
import { ACTIVITY_EXAMPLES, REJECTION_EXAMPLES } from './activity.examples';
import { COMMAND_EXAMPLES } from './command.examples';
import { CONVERSATION_EXAMPLES } from './conversation.examples';
import { type MessageExample } from './example';
import { WORKFORCE_EXAMPLES } from './workforce.examples';

export { type MessageExample } from './example';

/** Examples of every event type; published in the AsyncAPI document, and the seeds of property tests. */
export const EXAMPLES: Record<EventType, MessageExample[]> = {
  ...CONVERSATION_EXAMPLES,
  ...COMMAND_EXAMPLES,
  ...WORKFORCE_EXAMPLES,
  ...ACTIVITY_EXAMPLES,
  ...REJECTION_EXAMPLES,
};
