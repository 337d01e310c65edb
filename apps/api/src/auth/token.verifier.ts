import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { CALLER_ROLES, isPrintable, isTenantId, LIMITS } from '#libs/contracts';
import { type ApiSettings, SettingsError } from '#libs/settings';
import { problem } from '../http/problem';
import { type Caller } from './caller';

/** Clocks of two machines differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** A key that the issuer takes back is believed no longer than that. */
const BELIEVED_MS = 60_000;
const MOST_BELIEVED = 10_000;

/**
 * Tells who a bearer token was given to: its signature, algorithm, issuer, audience and expiry are checked, all of them. What was
 * found is remembered for a minute: an agent's tool asks with the same token again and again.
 */
export class TokenVerifier {
  readonly #key: JWTVerifyGetKey;
  readonly #known = new LRUCache<string, Caller>({ max: MOST_BELIEVED, ttl: BELIEVED_MS });

  /** @throws SettingsError when the key's file cannot be used. */
  constructor(private readonly jwt: ApiSettings['jwt']) {
    this.#key = jwt.jwksUrl === null ? keyIn(jwt.publicKeyFile!) : createRemoteJWKSet(new URL(jwt.jwksUrl));
  }

  /** @throws Problem `unauthenticated`, which says what is wrong with the token; `unavailable` when the issuer's keys cannot be had. */
  async verify(token: string): Promise<Caller> {
    const known = this.#known.get(token);
    if (known && Date.now() < known.until) return known;
    const caller = await this.#check(token);
    this.#known.set(token, caller);
    return caller;
  }

  async #check(token: string): Promise<Caller> {
    const { issuer, audience, algorithms } = this.jwt;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        issuer,
        audience,
        algorithms,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp'],
      });
      return callerOf(payload);
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
        if ((error as { code?: unknown }).code === 'unauthenticated') throw error;
        throw problem('unavailable', 'the issuer’s keys cannot be had at the moment: try again', {
          cause: error,
        });
      }
      throw problem('unauthenticated', WHAT_IS_WRONG[error.code] ?? 'the token is not valid', {
        cause: error,
      });
    }
  }
}

function keyIn(file: string): JWTVerifyGetKey {
  try {
    const key = createPublicKey(readFileSync(file));
    return () => Promise.resolve(key);
  } catch (error) {
    const shouldBe = 'must be a file with a public key, PEM';
    throw new SettingsError([{ variable: 'JWT_PUBLIC_KEY_FILE', shouldBe }], { cause: error });
  }
}

const WHAT_IS_WRONG: Record<string, string> = {
  ERR_JWT_EXPIRED: 'the token has expired: get a new one',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the token’s signature is not of the issuer’s key',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the token’s algorithm is none that is allowed here',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'the token’s issuer, audience, subject or time is not as it must be',
  ERR_JWKS_NO_MATCHING_KEY: 'the token’s key is none of the issuer’s',
};

function callerOf({ sub, tenantid, roles, exp }: JWTPayload): Caller {
  const refuse = (what: string) => problem('unauthenticated', `the token’s ${what}`);
  if (typeof sub !== 'string' || !isPrintable(sub, LIMITS.idCharacters)) throw refuse('sub is no id');
  if (typeof tenantid !== 'string' || !isTenantId(tenantid)) throw refuse('tenantid is missing, or is none');
  const known = Array.isArray(roles)
    ? CALLER_ROLES.filter((role) => (roles as unknown[]).includes(role))
    : [];
  if (known.length === 0) throw refuse(`roles have none of ${CALLER_ROLES.join(', ')}`);
  // As `jwtVerify` has it, which insists on an expiry.
  const until = (exp! + CLOCK_TOLERANCE_SECONDS) * 1_000;
  return { tenantId: tenantid, id: sub, roles: known, until };
}
