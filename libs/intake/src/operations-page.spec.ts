import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REJECTION_CODES } from '#libs/domain';
import { INTAKE_CODES } from './codes';

const page = readFileSync(join(__dirname, '../../../docs/operations.md'), 'utf8');
const settings = readFileSync(join(__dirname, '../../../.env.example'), 'utf8');

/** The page cannot be made from the code, since it says what to do; but it can be held to naming everything there is. */
describe('the operations page', () => {
  it.each([...Object.keys(INTAKE_CODES), 'flow_unreadable', 'not_applicable', ...REJECTION_CODES])(
    'says what to do about %s',
    (code) => {
      // A row of a table that has the code in its first cell, and something to do in its last.
      expect(page).toMatch(new RegExp(`^\\| [^|]*\`${code}\`[^|]*\\| [^|]+ \\| [^|]*\\w[^|]*\\|$`, 'm'));
    },
  );

  it('names no setting that .env.example does not have', () => {
    const named = [...page.matchAll(/^\| `([A-Z_]+)`\s+\|/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !new RegExp(`^${name}=`, 'm').test(settings))).toEqual([]);
  });
});
