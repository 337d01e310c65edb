import {
  ConversationEndedData,
  ConversationMessageData,
  ConversationOutcomeData,
  ConversationStartedData,
} from './conversation.events';
import { TaskActivityData } from './task.activity';
import {
  TaskAssignData,
  TaskCancelData,
  TaskClaimData,
  TaskCommentData,
  TaskCreateData,
  TaskReleaseData,
  TaskReopenData,
  TaskResolveData,
  TaskStartData,
  TaskUpdateData,
} from './task.commands';
import { CommandRejectedData } from './task.rejection';
import { AgentData, CalendarData, TeamData } from './workforce.events';
import { PolicyData } from './workforce.policy';

/** The data class of every event type that arrives on a conversation topic. */
export const CONVERSATION_EVENTS = {
  'conversation.started.v1': ConversationStartedData,
  'conversation.message.v1': ConversationMessageData,
  'conversation.outcome.v1': ConversationOutcomeData,
  'conversation.ended.v1': ConversationEndedData,
} as const;

/** Commands arrive on the conversation topics too. */
export const TASK_COMMANDS = {
  'task.create.v1': TaskCreateData,
  'task.assign.v1': TaskAssignData,
  'task.claim.v1': TaskClaimData,
  'task.release.v1': TaskReleaseData,
  'task.start.v1': TaskStartData,
  'task.resolve.v1': TaskResolveData,
  'task.reopen.v1': TaskReopenData,
  'task.cancel.v1': TaskCancelData,
  'task.update.v1': TaskUpdateData,
  'task.comment.v1': TaskCommentData,
} as const;

export const WORKFORCE_EVENTS = {
  'workforce.agent.v1': AgentData,
  'workforce.team.v1': TeamData,
  'workforce.calendar.v1': CalendarData,
  'workforce.policy.v1': PolicyData,
} as const;

/** What happens to a task: one shape of data for all. */
export const TASK_ACTIVITIES = {
  'task.created.v1': TaskActivityData,
  'task.status_changed.v1': TaskActivityData,
  'task.assignment_changed.v1': TaskActivityData,
  'task.completed.v1': TaskActivityData,
  'task.priority_changed.v1': TaskActivityData,
  'task.due_date_changed.v1': TaskActivityData,
  'task.details_changed.v1': TaskActivityData,
  'task.commented.v1': TaskActivityData,
  'task.due_soon.v1': TaskActivityData,
  'task.overdue.v1': TaskActivityData,
  'task.escalated.v1': TaskActivityData,
} as const;

export const TASK_REJECTIONS = { 'task.command_rejected.v1': CommandRejectedData } as const;

export const EVENT_DATA = {
  ...CONVERSATION_EVENTS,
  ...TASK_COMMANDS,
  ...WORKFORCE_EVENTS,
  ...TASK_ACTIVITIES,
  ...TASK_REJECTIONS,
} as const;

export type ConversationEventType = keyof typeof CONVERSATION_EVENTS;
export type TaskCommandType = keyof typeof TASK_COMMANDS;
export type WorkforceEventType = keyof typeof WORKFORCE_EVENTS;
export type TaskActivityType = keyof typeof TASK_ACTIVITIES;
export type EventType = keyof typeof EVENT_DATA;

/** What may arrive on the conversation topics. */
export type ConversationTopicType = ConversationEventType | TaskCommandType;

const conversationTypes = new Set<string>([
  ...Object.keys(CONVERSATION_EVENTS),
  ...Object.keys(TASK_COMMANDS),
]);
const workforceTypes = new Set<string>(Object.keys(WORKFORCE_EVENTS));
const incomingNames = new Set([...conversationTypes, ...workforceTypes].map(nameOf));

export function isConversationTopicType(type: string): type is ConversationTopicType {
  return conversationTypes.has(type);
}

export function isWorkforceType(type: string): type is WorkforceEventType {
  return workforceTypes.has(type);
}

/**
 * Whether `type` is another version (`task.create.v2`) of something that arrives here. Skipping it would lose it in a rolling upgrade,
 * so it is dead-lettered, unlike a type nobody knows.
 */
export function isOtherVersion(type: string): boolean {
  return (
    /\.v[^.]*$/.test(type) &&
    !conversationTypes.has(type) &&
    !workforceTypes.has(type) &&
    incomingNames.has(nameOf(type))
  );
}

function nameOf(type: string): string {
  return type.replace(/\.v[^.]*$/, '');
}
