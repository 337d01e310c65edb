import { hexLines, safe } from './terminal.text';

describe('text of somebody else’s, printed', () => {
  test('does nothing to a terminal, nor to the eye', () => {
    expect(safe('a\u001b[31mred\u0007\r\n\u009b\u202edlrow\u200b')).toBe(
      'a\\x1b[31mred\\x07\\x0d\\x0a\\x9b\\u202edlrow\\u200b',
    );
  });

  test('keeps line breaks where they are wanted, and everything that can be read', () => {
    expect(safe('naïve ☎ 😀\n\tx\u0000', '\n\t')).toBe('naïve ☎ 😀\n\tx\\x00');
  });

  test('is there in hexadecimal too', () => {
    expect([...hexLines(Buffer.from('0123456789abcdef\u001b'))]).toEqual([
      '00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|',
      `00000010  1b${' '.repeat(45)}  |.|`,
    ]);
  });
});
