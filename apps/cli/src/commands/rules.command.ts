import { type Command } from 'commander';
import { say, sayJson } from '../output';
import { load } from './load';
import { examples, jsonOption } from './options';

/** `rules`: what can happen to a task, and who may do it. */
export function addRules(program: Command): void {
  program
    .command('rules')
    .summary('what can happen to a task, and who may do it')
    .description(
      'Prints the transitions, the rules in the order they are asked, and who may do what, as the code has them.',
    )
    .addOption(jsonOption())
    .addHelpText('after', examples('rules', 'rules --json'))
    .action((options: { json?: true }) => {
      const { rules, rulesPage } = load.rules();
      if (options.json) sayJson(rules());
      else say(rulesPage());
    });
}
