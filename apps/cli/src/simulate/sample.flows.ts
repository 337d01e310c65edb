import { type FlowDefinition } from '#libs/flows';

/** Flows to go with the simulated conversations: every way a field can come about, and to fail. */
export const SAMPLE_FLOWS: readonly FlowDefinition[] = [
  {
    id: 'callbacks',
    name: 'Call back when a booking failed',
    on: { type: 'conversation.outcome.v1' },
    nodes: [
      {
        id: 'call-back',
        kind: 'create_task',
        when: "outcome.result == 'failure' && outcome.intent in ['ReserveTable', 'BookRoom']",
        task: {
          type: 'follow_up',
          title: 'Call {{ conversation.customer.name }} back: {{ outcome.intent }}',
          description: '{{ outcome.summary }}',
          priority: { cel: "outcome.sentiment < -0.5 ? 'critical' : 'high'", default: 'medium' },
          assignee: {
            cel: "outcome.intent == 'BookRoom' ? {'kind': 'team', 'id': 'hotels'} : {'kind': 'team', 'id': 'bookings'}",
          },
          due: { cel: "event.time + duration('4h')", default: { in: 'PT8H', calendar: 'support' } },
        },
      },
    ],
  },
  {
    id: 'visits',
    name: 'Prepare a visit',
    on: { type: 'conversation.outcome.v1', channels: ['call', 'whatsapp'] },
    nodes: [
      {
        id: 'remind',
        kind: 'create_task',
        when: "outcome.result == 'success' && outcome.intent == 'ScheduleVisit'",
        task: {
          type: 'follow_up',
          title: 'Remind {{ conversation.customer.name }} of the visit to {{ outcome.slots.property }}',
          priority: 'low',
          assignee: { kind: 'team', id: 'front-desk' },
          due: {
            cel: "timestamp(outcome.slots.visit_date + 'T09:00:00Z') - duration('24h')",
            default: { in: 'P1D' },
          },
        },
      },
      {
        id: 'prepare',
        kind: 'create_task',
        when: "outcome.result == 'success' && outcome.intent == 'ScheduleVisit'",
        task: {
          type: 'internal',
          title: { cel: "'Prepare ' + outcome.slots.property", default: 'Prepare a visit' },
          assignee: { kind: 'agent', id: 'dana' },
          due: {
            cel: "outcome.slots.visit_kind == 'viewing' ? {'in': 'PT2H', 'calendar': 'office'} : {'in': 'PT5H', 'calendar': 'support'}",
          },
        },
      },
    ],
  },
  {
    id: 'transfers',
    name: 'Review large transfers',
    on: { type: 'conversation.outcome.v1' },
    nodes: [
      {
        id: 'review',
        kind: 'create_task',
        when: "outcome.intent == 'TransferMoney' && double(outcome.slots.amount) > 500.0",
        task: {
          type: 'internal',
          title: 'Review a transfer of {{ outcome.slots.amount }} {{ outcome.slots.currency }}',
          priority: { cel: "double(outcome.slots.amount) > 5000.0 ? 'critical' : 'high'" },
          assignee: { kind: 'team', id: 'risk' },
          due: { in: 'PT6H', calendar: 'office' },
        },
      },
    ],
  },
  {
    id: 'outages',
    name: 'Send an engineer',
    on: { type: 'conversation.outcome.v1' },
    nodes: [
      {
        id: 'dispatch',
        kind: 'create_task',
        when: "outcome.intent == 'ReportOutage' && outcome.result != 'success'",
        task: {
          type: 'follow_up',
          title: 'Repair: {{ outcome.slots.device }}',
          description:
            'Reported by {{ conversation.customer.id }} on the channel {{ conversation.channel }}.',
          priority: 'high',
          assignee: {
            cel: "{'kind': 'agent', 'id': outcome.slots.engineer}",
            default: { kind: 'team', id: 'night-shift' },
          },
          due: { in: 'PT10H', calendar: 'night' },
        },
      },
    ],
  },
  {
    id: 'subscriptions',
    name: 'Close or keep a subscription',
    on: { type: 'conversation.outcome.v1', channels: ['message', 'whatsapp'] },
    nodes: [
      {
        id: 'settle',
        kind: 'create_task',
        when: "outcome.intent == 'CancelSubscription'",
        task: {
          type: { cel: "outcome.result == 'retained' ? 'internal' : 'follow_up'" },
          title: 'Settle a subscription',
          priority: 'medium',
          assignee: { cel: "{'kind': 'team', 'id': outcome.slots.desk}" },
          due: { at: '2026-04-30T18:00:00+02:00' },
        },
      },
    ],
  },
  {
    id: 'invoices',
    name: 'Send an invoice',
    on: { type: 'conversation.outcome.v1' },
    nodes: [
      {
        id: 'send',
        kind: 'create_task',
        when: "outcome.intent == 'AskInvoice'",
        task: {
          type: 'internal',
          title: 'Send invoice {{ outcome.slots.invoice }}',
          description: {
            cel: "'To ' + conversation.customer.address",
            default: 'Ask for the address first.',
          },
          due: { cel: "duration('36h')" },
        },
      },
      {
        id: 'next-one',
        kind: 'create_task',
        when: "outcome.intent == 'AskInvoice' && has(outcome.slots.monthly)",
        task: { type: 'internal', title: 'Send the next invoice too', priority: 'low', due: { in: 'P1M' } },
      },
    ],
  },
  {
    id: 'complaints',
    name: 'Look after an unhappy customer',
    on: { type: 'conversation.outcome.v1' },
    nodes: [
      {
        id: 'apologise',
        kind: 'create_task',
        when: 'outcome.sentiment <= -0.8',
        task: {
          type: 'follow_up',
          title: 'Apologise to {{ conversation.customer.name }}',
          description: '{{ outcome.summary }}',
          priority: 'critical',
          assignee: null,
          due: null,
        },
      },
    ],
  },
];
