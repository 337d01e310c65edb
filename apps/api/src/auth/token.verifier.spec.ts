import { TestTokens } from '#libs/testing';
import { TokenVerifier } from './token.verifier';

const tokens = new TestTokens();
const verifier = (): TokenVerifier =>
  new TokenVerifier({
    ...{ publicKeyFile: tokens.publicKeyFile, jwksUrl: null, algorithms: ['EdDSA'] },
    ...{ issuer: tokens.env['JWT_ISSUER']!, audience: tokens.env['JWT_AUDIENCE']! },
  });

describe('what a token says is remembered', () => {
  afterEach(() => jest.useRealTimers());

  test('so that it is checked once', async () => {
    const own = verifier();
    const token = await tokens.of('eli', ['agent']);
    const first = await own.verify(token);
    expect(first).toMatchObject({ id: 'eli', tenantId: 'acme', roles: ['agent'] });
    expect(await own.verify(token)).toBe(first);
  });

  test('not beyond its expiry', async () => {
    const own = verifier();
    const token = await tokens.of('eli', ['agent']);
    await own.verify(token);
    jest.useFakeTimers({ doNotFake: ['performance'], now: Date.now() + 3_606_000 });
    await expect(own.verify(token)).rejects.toThrow('the token has expired');
  });

  test('not when it was refused, and not for another token of the same agent', async () => {
    const own = verifier();
    const first = await own.verify(await tokens.of('eli', ['agent']));
    expect(await own.verify(await tokens.of('eli', ['lead']))).not.toBe(first);
    const forged = await new TestTokens().of('eli', ['lead']);
    for (let times = 0; times < 2; times += 1)
      await expect(own.verify(forged)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
