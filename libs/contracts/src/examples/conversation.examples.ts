import { type ConversationEventType } from '../event-types';
import { type MessageExample, ofConversation } from './example';

export const CONVERSATION_EXAMPLES: Record<ConversationEventType, MessageExample[]> = {
  'conversation.started.v1': [
    ofConversation('A call that an AI agent took', 'conv-1-001', {
      channel: 'call',
      customer: { id: 'cust-1', name: 'Ada Byron', address: '+44 20 7946 0000' },
      agent: { kind: 'ai_agent', id: 'assistant' },
    }),
  ],
  'conversation.message.v1': [
    ofConversation('What the customer said', 'conv-1-002', {
      channel: 'call',
      messageId: 'conv-1-m1',
      from: { kind: 'customer', id: 'cust-1' },
      text: 'I want to book a table for three people.',
    }),
  ],
  'conversation.outcome.v1': [
    ofConversation('A booking that failed', 'conv-1-010', {
      channel: 'call',
      customer: { id: 'cust-1', name: 'Ada Byron' },
      flowId: 'assistant',
      intent: 'ReserveRestaurant',
      result: 'failure',
      slots: { date: '2026-11-21', seats: 3 },
      summary: 'There was no table left.',
      sentiment: -0.6,
      service: 'Restaurants',
    }),
  ],
  'conversation.ended.v1': [
    ofConversation('The customer hung up', 'conv-1-011', { channel: 'call', reason: 'completed' }),
  ],
};
