import { type Command, InvalidArgumentError, Option } from 'commander';
import { say, sayJson } from '../output';
import { load } from './load';
import { examples, jsonOption, tenantOption, wholeNumber } from './options';

const KINDS = ['agent', 'service'];
/** The contract's, said again: its classes take longer to load than a mistyped option should. */
const ROLES = ['agent', 'lead', 'ops', 'service'];
const HOURS = 12;

interface Options {
  as: { kind: string; id: string };
  role?: string[];
  tenant: string;
  hours: number;
  json?: true;
}

/** `token`: a token for the API of this machine. */
export function addToken(program: Command): void {
  program
    .command('token')
    .summary('make a token for the API that `npm start` runs')
    .description(
      'Prints a bearer token that APIs of this machine trust: it is signed with a key that `npm start` made, and no other API ' +
        'knows that one. An agent has the role agent, a service the role service; --role adds others (lead, ops).',
    )
    .addOption(
      new Option('--as <kind:id>', 'who: agent:eli, service:crm').argParser(parseWho).makeOptionMandatory(),
    )
    .addOption(new Option('--role <role...>', 'further roles').choices(ROLES))
    .addOption(tenantOption())
    .addOption(
      new Option('--hours <n>', 'how long it is good').default(HOURS).argParser(wholeNumber(1, 8_760)),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'token --as agent:eli --tenant demo',
        'token --as agent:lea --role lead',
        'token --as service:crm',
      ),
    )
    .action(async ({ as, role = [], tenant, hours, json }: Options) => {
      const roles = [...new Set([as.kind, ...role])];
      const claims = { sub: as.id, tenantid: tenant, roles };
      const token = await load.localIssuer().localToken(load.stack().dataFolder(), claims, hours * 3_600);
      if (json) sayJson({ token, ...claims, hours });
      else say(token);
    });
}

/** @throws InvalidArgumentError */
function parseWho(text: string): Options['as'] {
  const [kind = '', ...rest] = text.split(':');
  const id = rest.join(':');
  if (KINDS.includes(kind) && id !== '') return { kind, id };
  throw new InvalidArgumentError('It must be agent:<id> or service:<id>.');
}
