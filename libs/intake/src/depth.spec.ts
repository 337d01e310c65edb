import fc from 'fast-check';
import { isDeeper } from './depth';

/** The plain definition, on the parsed value. */
function levels(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(levels));
}

describe('isDeeper', () => {
  it('agrees with the parsed value on any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, depthSize: 'large' }), fc.nat(8), (text, limit) => {
        expect([text, limit, isDeeper(text, limit)]).toEqual([text, limit, levels(JSON.parse(text)) > limit]);
      }),
      { numRuns: 2000 },
    );
  });

  it('is not misled by brackets and quotes in strings', () => {
    expect(isDeeper(JSON.stringify({ '[[["\\"': '{{{\\' }), 1)).toBe(false);
    expect(isDeeper('["\\\\",[["]"]]]', 2)).toBe(true);
  });
});
