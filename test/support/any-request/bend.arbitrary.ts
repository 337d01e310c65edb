import fc from 'fast-check';
import { strangeHeaders, strangeTexts, strangeValues } from './strange.values';

/** One thing that is made wrong, or at least strange, of a request that was right. */
export type Bend =
  | { what: 'field'; at: number; value: unknown }
  | { what: 'no field'; at: number }
  | { what: 'another field'; at: number; name: string; value: unknown }
  | { what: 'body'; text: string }
  | { what: 'content type'; value: string }
  | { what: 'path'; at: number; value: string }
  | { what: 'raw path'; at: number; value: string }
  | { what: 'parameter'; at: number; value: string }
  | { what: 'raw query'; value: string }
  | { what: 'cursor'; at: number; value: string }
  | { what: 'header'; name: string; value: string }
  | { what: 'caller'; caller: 'none' | 'forged' | 'stranger' | 'agent' }
  | { what: 'method'; method: string };

const at = fc.nat(1_000);
const bend = <T extends object>(what: Bend['what'], rest: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record({ what: fc.constant(what), ...rest }) as unknown as fc.Arbitrary<Bend>;

const names = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'tenantId',
  'actor',
  '',
  '\u0000',
  '$where',
);
const bodies = fc.constantFrom(
  ...[
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '7',
    '{"a":1}{',
    '\u0000',
    '{"title":"a","title":"b"}',
    '{"__proto__":{"a":1}}',
  ],
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  '['.repeat(100_000),
  `{"text":"${'x'.repeat(300 * 1024)}"}`,
);
const types = fc.constantFrom(
  ...[
    'text/plain',
    'application/xml',
    'application/json; charset=utf-16',
    'multipart/form-data; boundary=x',
    'x',
  ],
  ...['application/x-www-form-urlencoded', 'application/problem+json', 'application/json;charset="'],
);
const rawPaths = fc.constantFrom(
  '%',
  '%zz',
  '%00',
  '%ff',
  '..',
  '%2e%2e%2f',
  ';x=1',
  '//',
  '*',
  '%ED%A0%80',
  ':id',
);
const rawQueries = fc.constantFrom(
  ...[
    'a[b]=c',
    'limit=1&limit=2',
    'limit[]=1',
    '__proto__[x]=1',
    '%',
    '%zz=%ff',
    '=',
    '&&',
    'limit=0',
    'limit=201',
  ],
  ...[
    'limit=1e9',
    'constructor=1',
    'cursor=',
    'cursor=%00',
    'cursor=W10',
    'sort=;drop',
    '?',
    `x=${'y'.repeat(6_000)}`,
  ],
);
const headerNames = fc.constantFrom(
  ...['If-Match', 'If-Match', 'Idempotency-Key', 'Idempotency-Key', 'Last-Event-ID', 'traceparent', 'Accept'],
  ...[
    'X-Forwarded-For',
    'If-None-Match',
    'Content-Encoding',
    'X-HTTP-Method-Override',
    'Authorization',
    'Cookie',
  ],
);

export const bends: fc.Arbitrary<Bend> = fc.oneof(
  { weight: 8, arbitrary: bend('field', { at, value: strangeValues }) },
  { weight: 2, arbitrary: bend('no field', { at }) },
  { weight: 2, arbitrary: bend('another field', { at, name: names, value: strangeValues }) },
  { weight: 2, arbitrary: bend('body', { text: bodies }) },
  { weight: 1, arbitrary: bend('content type', { value: types }) },
  { weight: 4, arbitrary: bend('path', { at, value: strangeTexts }) },
  { weight: 1, arbitrary: bend('raw path', { at, value: rawPaths }) },
  { weight: 4, arbitrary: bend('parameter', { at, value: strangeTexts }) },
  { weight: 1, arbitrary: bend('raw query', { value: rawQueries }) },
  { weight: 2, arbitrary: bend('cursor', { at, value: strangeTexts }) },
  { weight: 3, arbitrary: bend('header', { name: headerNames, value: strangeHeaders }) },
  {
    weight: 2,
    arbitrary: bend('caller', { caller: fc.constantFrom('none', 'forged', 'stranger', 'agent') }),
  },
  {
    weight: 1,
    arbitrary: bend('method', {
      method: fc.constantFrom('DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'POST', 'GET'),
    }),
  },
);
