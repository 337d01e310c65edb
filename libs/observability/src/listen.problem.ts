import { SettingsError } from '#libs/settings';

/** What keeps a server from listening, by Node's code: which of its settings is wrong, and what it should be. */
const PROBLEMS: Record<string, { of: 'port' | 'host'; shouldBe: string }> = {
  EADDRINUSE: {
    of: 'port',
    shouldBe:
      'must be a free port: another process listens there already (0 takes any free one, and the log says which)',
  },
  EACCES: { of: 'port', shouldBe: 'must be a port that this user may open, 1024 or above' },
  EADDRNOTAVAIL: { of: 'host', shouldBe: 'must be an address of this machine' },
  ENOTFOUND: { of: 'host', shouldBe: 'must be an address of this machine, or its name' },
};

/** The error as one of the settings that say where to listen, where it is one. @param variables by what they are for. */
export function asListenProblem(error: unknown, variables: { port: string; host: string }): unknown {
  const problem = PROBLEMS[(error as NodeJS.ErrnoException).code ?? ''];
  if (!problem) return error;
  const { of, shouldBe } = problem;
  return new SettingsError([{ variable: variables[of], shouldBe }], { cause: error });
}
