import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWTPayload, SignJWT } from 'jose';

/** What a token says, where it is not what is usual. Undefined leaves a claim out. */
export type Claims = JWTPayload & { tenantid?: string; roles?: unknown };

/** An issuer of a test's own: its key, the settings that make an API trust it, and tokens. */
export class TestTokens {
  readonly #keys = generateKeyPairSync('ed25519');
  readonly publicKeyFile = join(mkdtempSync(join(tmpdir(), 'issuer-')), 'public.pem');

  constructor() {
    writeFileSync(this.publicKeyFile, this.publicKey);
  }

  get publicKey(): string {
    return this.#keys.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  }

  /** The issuer's keys, as it publishes them. */
  get jwks(): { keys: object[] } {
    return { keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), alg: 'EdDSA', use: 'sig' }] };
  }

  get env(): Record<string, string> {
    return {
      JWT_PUBLIC_KEY_FILE: this.publicKeyFile,
      JWT_ISSUER: 'https://issuer.test',
      JWT_AUDIENCE: 'conversation-tasks',
    };
  }

  /** A token that is good for an hour. */
  async of(sub: string, roles: string[] = ['agent'], tenantid = 'acme'): Promise<string> {
    return this.sign({ sub, roles, tenantid });
  }

  /** Any token, signed by this issuer's key or another. */
  async sign(
    claims: Claims,
    key: KeyObject | Uint8Array = this.#keys.privateKey,
    alg = 'EdDSA',
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const usual = { iss: 'https://issuer.test', aud: 'conversation-tasks', iat: now, exp: now + 3_600 };
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg }).sign(key);
  }
}
