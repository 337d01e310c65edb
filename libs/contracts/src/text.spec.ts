import { fitsBytes, hasCharacters, isPrintable, isTenantId, isTraceparent, unstorableStringIn } from './text';

describe('limits of text', () => {
  it('counts characters as code points', () => {
    expect(
      ['a'.repeat(500), '😀'.repeat(500), 'e\u0301'.repeat(250)].map((text) => hasCharacters(text, 1, 500)),
    ).toEqual([true, true, true]);
    expect(['', 'a'.repeat(501), '😀'.repeat(501)].map((text) => hasCharacters(text, 1, 500))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('counts bytes as UTF-8 does', () => {
    expect(
      ['x'.repeat(16384), 'é'.repeat(8192), '😀'.repeat(4096)].map((text) => fitsBytes(text, 16384)),
    ).toEqual([true, true, true]);
    expect(
      ['x'.repeat(16385), 'é'.repeat(8193), '€'.repeat(5462)].map((text) => fitsBytes(text, 16384)),
    ).toEqual([false, false, false]);
  });

  it('takes for printable what can be seen, and spaces', () => {
    expect(['conv-1', 'a b', 'Ω/ß:😀', ' '].map((text) => isPrintable(text, 128))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(
      ['', 'a\tb', 'a\u0000', 'a\u200bb', 'a\u202eb', '\ud800', 'a\u2028', 'a\u0085'].some((text) =>
        isPrintable(text, 128),
      ),
    ).toBe(false);
  });

  it('knows tenants and trace contexts', () => {
    expect(['default', 'A_b.c-9', 'x'.repeat(64)].every(isTenantId)).toBe(true);
    expect(['', 'x'.repeat(65), 'a/b', 'a b', 'ä', 'a\n'].some(isTenantId)).toBe(false);
    expect(isTraceparent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')).toBe(true);
    expect(isTraceparent('00-00000000000000000000000000000000-00f067aa0ba902b7-01')).toBe(false);
  });

  it('finds the first string that cannot be stored, by its path', () => {
    expect(unstorableStringIn({ a: ['x', { b: 'ok 😀' }] }, 'data')).toBeUndefined();
    expect(unstorableStringIn({ a: ['x', { b: 'no\u0000' }] }, 'data')).toBe('data.a[1].b');
    expect(unstorableStringIn({ a: { '\udc00': 1 } }, 'data')).toBe('data.a.… (a key)');
  });
});
