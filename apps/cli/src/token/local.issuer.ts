import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { CliError } from '../cli.error';

const ISSUER = 'conversation-tasks-local';
const AUDIENCE = 'conversation-tasks';
const ALGORITHM = 'EdDSA';

/** What a token is to say. */
export interface TokenClaims {
  sub: string;
  tenantid: string;
  roles: string[];
}

/** The files of the key that is made at the first start; the private one is its owner's alone. */
const filesIn = (folder: string) => ({
  privateKey: join(folder, 'token-private.pem'),
  publicKey: join(folder, 'token-public.pem'),
});

/** The settings that make an API of this machine trust tokens that `token` makes; makes the key, if there is none yet. */
export function localIssuer(folder: string): Record<string, string> {
  const files = filesIn(folder);
  if (!existsSync(files.privateKey)) {
    mkdirSync(folder, { recursive: true });
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }));
    // Renamed when whole: it is there only when both are.
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(`${files.privateKey}.new`, pem, { mode: 0o600 });
    renameSync(`${files.privateKey}.new`, files.privateKey);
  }
  return {
    JWT_PUBLIC_KEY_FILE: files.publicKey,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    JWT_ALGORITHMS: ALGORITHM,
  };
}

/**
 * Makes a token that APIs of this machine trust.
 *
 * @param seconds how long it is good.
 * @throws CliError when there is no key yet.
 */
export async function localToken(folder: string, claims: TokenClaims, seconds: number): Promise<string> {
  const { privateKey } = filesIn(folder);
  if (!existsSync(privateKey)) {
    throw new CliError(
      'there is no key of this machine yet, to sign tokens with',
      'Run npm start, which makes one; where the API trusts an issuer of yours (JWT_JWKS_URL), tokens come from there',
    );
  }
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: ALGORITHM })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .sign(createPrivateKey(readFileSync(privateKey)));
}
