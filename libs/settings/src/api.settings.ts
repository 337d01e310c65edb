import { type Environment, EnvironmentReader } from './environment.reader';
import { isHost, isHttpUrl, parseSettings, type Settings, settingsOf } from './settings';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** What the API is told from outside beside what every process is. */
export interface ApiSettings extends Settings {
  /** `HTTP_PORT`: where the API is served; 0 for any free port. */
  httpPort: number;
  /** `HTTP_HOST`: the address it listens on. */
  httpHost: string;
  /** How tokens are checked: every one of these. */
  jwt: {
    /** `JWT_JWKS_URL`: where the issuer publishes its keys; or `JWT_PUBLIC_KEY_FILE`: the one public key, PEM. Just one of the two is set. */
    jwksUrl: string | null;
    publicKeyFile: string | null;
    /** `JWT_ISSUER` */
    issuer: string;
    /** `JWT_AUDIENCE` */
    audience: string;
    /** `JWT_ALGORITHMS`: asymmetric ones alone. */
    algorithms: string[];
  };
  /** `RATE_LIMIT`: requests a second that one token's subject may make; twice as many in a burst. */
  rateLimit: number;
  /** `STREAMS_PER_CALLER`: live streams that one token's subject may have open at a time. */
  streamsPerCaller: number;
}

/** `MANAGEMENT_PORT` of the API when nothing else is said (contract, Commands). */
export const API_MANAGEMENT_PORT = 9465;

/** @throws SettingsError naming every variable that is missing or bad and what it should be, never its value. */
export function readApiSettings(env: Environment): ApiSettings {
  const reader = new EnvironmentReader(env);
  const common = parseSettings(reader);
  const url = 'must be a URL such as https://id.example/.well-known/jwks.json';
  const jwksUrl = reader.text('JWT_JWKS_URL', isHttpUrl, url) ?? null;
  const publicKeyFile = reader.text('JWT_PUBLIC_KEY_FILE', () => true, '') ?? null;
  if ((jwksUrl === null) === (publicKeyFile === null)) {
    reader.refuse(
      'JWT_JWKS_URL',
      'or JWT_PUBLIC_KEY_FILE must be set, one of the two: without a key no token can be trusted (npm start makes one for this machine)',
    );
  }
  const issuer = reader.text('JWT_ISSUER', () => true, '');
  if (!issuer) reader.refuse('JWT_ISSUER', 'must be set: the `iss` of the tokens to trust');
  const audience = reader.text('JWT_AUDIENCE', () => true, '');
  if (!audience) reader.refuse('JWT_AUDIENCE', 'must be set: the `aud` that tokens for this service have');
  const words = (text: string): string[] => text.split(',').map((word) => word.trim());
  const algorithms = reader.text(
    'JWT_ALGORITHMS',
    (text) => words(text).every((word) => ALGORITHMS.includes(word)),
    `must be some of ${ALGORITHMS.join(', ')}, separated by commas`,
  );
  const api = {
    httpPort: reader.integer('HTTP_PORT', 0, 65_535, 3_000),
    httpHost: reader.text('HTTP_HOST', isHost, 'must be an address or a name') ?? '127.0.0.1',
    rateLimit: reader.integer('RATE_LIMIT', 1, 100_000, 100),
    streamsPerCaller: reader.integer('STREAMS_PER_CALLER', 1, 100_000, 10),
  };
  const settings = settingsOf(common, reader);
  return {
    ...settings,
    ...api,
    jwt: {
      jwksUrl,
      publicKeyFile,
      issuer: issuer!,
      audience: audience!,
      algorithms: words(algorithms ?? 'RS256,ES256,EdDSA'),
    },
  };
}
