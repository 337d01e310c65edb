import { Command } from 'commander';
import { addDeadLettersList } from './commands/dead-letters-list.command';
import { addEventsPublish } from './commands/events-publish.command';
import { addEventsTail } from './commands/events-tail.command';
import { addFlowsApply } from './commands/flows-apply.command';
import { addLag } from './commands/lag.command';
import { addMigrate } from './commands/migrate.command';
import { addReset } from './commands/reset.command';
import { addSimulate } from './commands/simulate.command';
import { addStart } from './commands/start.command';
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
  addFlowsApply(program.command('flows').description('what outcomes of conversations become tasks'));
  addWorkforceApply(program.command('workforce').description('people, teams, calendars and policies'));
  addLag(program);
  addVerify(program);
  addDeadLettersList(program.command('dead-letters').description('what could not be read or applied'));
  addReset(program);
  return program;
}
