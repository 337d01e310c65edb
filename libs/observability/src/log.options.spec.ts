import pino from 'pino';
import { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';
import { logOptions } from './log.options';

/** The one line that an error makes. */
function lineOf(error: unknown): Record<string, unknown> & { err: Record<string, string> } {
  let written = '';
  const log = pino(logOptions('info', 'a-worker'), { write: (line: string) => void (written += line) });
  log.error({ err: error }, 'stopped');
  return JSON.parse(written) as ReturnType<typeof lineOf>;
}

describe('a line of the log', () => {
  it('says of a database’s error what it was, and nothing of what was written', () => {
    const own = Object.assign(new DatabaseError('invalid input syntax for type uuid: "Anna"', 0, 'error'), {
      code: '22P02',
      detail: 'Failing row contains (Anna).',
      where: 'unnamed portal parameter $1 = Anna',
    });
    const line = lineOf(new QueryFailedError('insert into task values ($1)', ['Anna'], own));
    expect(JSON.stringify(line)).not.toContain('Anna');
    expect(line).toMatchObject({
      service: 'a-worker',
      msg: 'stopped',
      err: { type: 'QueryFailedError', code: '22P02', message: 'invalid input syntax for type uuid:' },
    });
  });

  it('says where an error was thrown, and not the text that it quotes', () => {
    let thrown: unknown;
    try {
      JSON.parse('Anna\n    at home');
    } catch (error) {
      thrown = new Error('not read', { cause: error });
    }
    const { err } = lineOf(thrown);
    expect(JSON.stringify(err)).not.toMatch(/Anna|home/);
    expect(err).toMatchObject({
      type: 'Error',
      message: expect.stringMatching(/^not read: Unexpected token/),
    });
    expect(err.stack).toMatch(/^\s+at .*log\.options\.spec/);
    expect(JSON.stringify(lineOf((thrown as Error).cause))).not.toMatch(/Anna|home/);
  });

  it('says nothing of what was thrown and is no error', () => {
    expect(JSON.stringify(lineOf({ name: 'Anna' }))).not.toContain('Anna');
  });
});
