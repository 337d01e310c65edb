import { ConversationsController } from './conversations/conversations.controller';
import { FlowsController } from './flows/flows.controller';
import { StreamController } from './stream/stream.controller';
import { TasksController } from './tasks/tasks.controller';

/** What is served, and documented, below `/v1`. */
export const CONTROLLERS = [ConversationsController, TasksController, FlowsController, StreamController];
