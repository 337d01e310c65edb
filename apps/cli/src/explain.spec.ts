import { SettingsError } from '#libs/settings';
import { CliError } from './cli.error';
import { explain } from './explain';

const coded = (code: string, message = 'm', more: object = {}): Error =>
  Object.assign(new Error(message), { code, ...more });

describe('explain', () => {
  test('given a failure with a remedy, then both are said in one line', () => {
    expect(explain(new CliError('no topic x', 'Run migrate'))).toEqual({
      line: 'no topic x. Run migrate',
      exitCode: 1,
    });
  });

  test('given bad settings, then it is wrong usage', () => {
    const error = new SettingsError([{ variable: 'SHARDS', shouldBe: 'must be a number' }]);
    expect(explain(error)).toEqual({ line: 'SHARDS must be a number', exitCode: 2 });
  });

  test.each([
    [coded('3D000'), 'migrate'],
    [coded('42P01'), 'migrate'],
    [coded('28P01'), 'password'],
    [coded('Z_DATA_ERROR'), 'not gzip'],
    [coded('ECONNREFUSED'), 'PostgreSQL does not answer'],
    [Object.assign(new Error('wrapped'), { cause: coded('ECONNREFUSED') }), 'PostgreSQL does not answer'],
    [Object.assign(new Error('no leader'), { name: 'KafkaJSProtocolError' }), 'Kafka: no leader'],
  ])('given %s, then it says what to do about it', (error, words) => {
    expect(explain(error).line).toContain(words);
  });

  test('given anything else, then its message in one line, and never a stack', () => {
    expect(explain(new Error('first\n  second')).line).toBe('first second');
    expect(explain(new AggregateError([new Error('inner')])).line).toBe('inner');
  });
});
