import { type Command } from 'commander';
import { load } from './load';
import { examples } from './options';

/** `start`: everything, on this machine; what `npm start` runs. */
export function addStart(program: Command): void {
  program
    .command('start')
    .summary('bring everything up on this machine: what `npm start` runs')
    .description(
      'Starts Kafka and PostgreSQL (those of KAFKA_BROKERS and DATABASE_URL, else Docker Compose, else native processes), makes ' +
        'tables and topics, starts a worker and the API, and plays sample conversations in tenant demo. Ctrl-C stops all of it.',
    )
    .addHelpText('after', examples('start'))
    .action(async () => {
      process.exitCode = await load.stack().startCommand();
    });
}
