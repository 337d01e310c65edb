import { type Type } from '@nestjs/common';
import { ConversationsController } from './conversations/conversations.controller';
import { DryRunController } from './flows/dry-run.controller';
import { FlowsController } from './flows/flows.controller';
import { DeadLettersController } from './ops/dead-letters.controller';
import { LagController } from './ops/lag.controller';
import { ReplaysController } from './ops/replays.controller';
import { StreamController } from './stream/stream.controller';
import { TasksController } from './tasks/tasks.controller';
import { WORKFORCE_CONTROLLERS } from './workforce/workforce.controllers';

/** What is served, and documented, below `/v1`. */
export const CONTROLLERS: Type<object>[] = [
  ConversationsController,
  TasksController,
  FlowsController,
  DryRunController,
  StreamController,
  LagController,
  DeadLettersController,
  ReplaysController,
  ...WORKFORCE_CONTROLLERS,
];
