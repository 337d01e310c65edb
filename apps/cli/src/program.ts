import { Command } from 'commander';
import { addDeadLettersDiscard } from './commands/dead-letters-discard.command';
import { addDeadLettersList } from './commands/dead-letters-list.command';
import { addDeadLettersRedrive } from './commands/dead-letters-redrive.command';
import { addDeadLettersShow } from './commands/dead-letters-show.command';
import { addEventsPublish } from './commands/events-publish.command';
import { addEventsTail } from './commands/events-tail.command';
import { addFlowsApply } from './commands/flows-apply.command';
import { addFlowsDryRun } from './commands/flows-dry-run.command';
import { addLag } from './commands/lag.command';
import { addMigrate } from './commands/migrate.command';
import { addRebuild } from './commands/rebuild.command';
import { addReplayAsk } from './commands/replay-ask.command';
import { addReplayPlan } from './commands/replay-plan.command';
import { addReplayRepublish } from './commands/replay-republish.command';
import { addReplayRun } from './commands/replay-run.command';
import { addReplayStatus } from './commands/replay-status.command';
import { addReset } from './commands/reset.command';
import { addRules } from './commands/rules.command';
import { addSimulate } from './commands/simulate.command';
import { addStart } from './commands/start.command';
import { addToken } from './commands/token.command';
import { addVerify } from './commands/verify.command';
import { addWorkforceApply } from './commands/workforce-apply.command';

/** All commands. What they need is loaded when one of them runs. */
export function createProgram(): Command {
  const program = new Command('conversation-tasks')
    .usage('<command>')
    .description('Operates conversation-tasks. Exit codes: 0 done, 1 failed, 2 wrong usage or settings.')
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nSettings come from the environment (KAFKA_BROKERS, DATABASE_URL, TOPIC_PREFIX …; see .env.example);\n' +
        'without them, from the stack that `npm start` runs in this folder.',
    );
  addStart(program);
  addMigrate(program);
  addSimulate(program);
  const events = program.command('events').description('publish events, and watch topics');
  addEventsPublish(events);
  addEventsTail(events);
  addToken(program);
  const flows = program.command('flows').description('what outcomes of conversations become tasks');
  addFlowsApply(flows);
  addFlowsDryRun(flows);
  addWorkforceApply(program.command('workforce').description('people, teams, calendars and policies'));
  addLag(program);
  addVerify(program);
  addRebuild(program);
  const deadLetters = program.command('dead-letters').description('what could not be read or applied');
  addDeadLettersList(deadLetters);
  addDeadLettersShow(deadLetters);
  addDeadLettersRedrive(deadLetters);
  addDeadLettersDiscard(deadLetters);
  const replay = program.command('replay').description('read events again, and publish activities again');
  addReplayPlan(replay);
  addReplayRun(replay);
  addReplayStatus(replay);
  addReplayAsk(replay, 'pause');
  addReplayAsk(replay, 'abort');
  addReplayRepublish(replay);
  addReset(program);
  addRules(program);
  return program;
}
