import { type Command, CommanderError } from 'commander';
import { createProgram } from './program';

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function pathOf(command: Command): string {
  return command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}

describe('the command line', () => {
  const commands = leaves(createProgram());

  test('has the commands of this release', () => {
    expect(commands.map(pathOf).sort()).toEqual([
      'dead-letters discard',
      'dead-letters list',
      'dead-letters redrive',
      'dead-letters show',
      'events publish',
      'events tail',
      'flows apply',
      'flows dry-run',
      'lag',
      'migrate',
      'rebuild',
      'replay abort',
      'replay pause',
      'replay plan',
      'replay republish',
      'replay run',
      'replay status',
      'reset',
      'rules',
      'simulate',
      'start',
      'token',
      'verify',
      'workforce apply',
    ]);
  });

  test.each(commands.map((command) => [pathOf(command), command] as const))(
    '%s explains itself with an example, and takes --json',
    (path, command) => {
      const help = helpOf(command);
      expect(help).toContain(`npm run cli -- ${path}`);
      if (path !== 'start') expect(help).toContain('--json');
    },
  );

  test.each([
    [['nonsense']],
    [['events']],
    [['events', 'publish']],
    [['events', 'publish', 'f', '--mode', 'loud']],
    [['events', 'tail', 't', '--count', '0']],
    [['flows', 'apply', 'f', '--tenant', 'a/b']],
    [['simulate', '--rate', 'fast']],
    [['verify', '--no-such-option']],
    [['replay', 'plan', '--from', 'yesterday']],
    [['replay', 'plan', '--from', '2026-03-05T06:00:00Z', '--from-offset', '1']],
    [['replay', 'run', '--yes', '--resume', 'x', '--tenant', 'acme']],
    [['replay', 'abort']],
    [['replay', 'republish', '--resume', 'x', '--to', 'copy']],
    [['dead-letters', 'show']],
    [['dead-letters', 'show', 'not-an-id']],
    [['dead-letters', 'list', '--since', 'yesterday']],
    [['dead-letters', 'redrive', '--all', '--rate', '0']],
  ])('given %j, then it is refused before anything is done', async (args) => {
    const program = createProgram();
    for (const command of [program, ...leaves(program), ...program.commands]) {
      command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    }
    await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow(CommanderError);
  });
});
