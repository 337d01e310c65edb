import { readFileSync } from 'node:fs';
import { TAKES_IN_HAND } from '#libs/domain';
import { CONTROLLERS } from '../controllers';
import { openApiDocument } from './document';
import { openApiYaml } from './yaml';

interface Operation {
  operationId: string;
  responses: Record<string, unknown>;
}
const document = openApiDocument(CONTROLLERS) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

test('docs/openapi.yaml is what the code says: npm run build && npm run docs:openapi makes it', () => {
  expect(readFileSync('docs/openapi.yaml', 'utf8')).toBe(openApiYaml());
});

test('every operation has a name of its own, an answer, and the problems that any may meet', () => {
  expect(operations.length).toBeGreaterThan(15);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { responses } of operations) {
    expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
    for (const status of ['400', '401', '403', '429', '500', '503']) expect(responses).toHaveProperty(status);
  }
});

test('what is referred to is there', () => {
  const referred = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name!,
  );
  expect(referred.length).toBeGreaterThan(20);
  for (const name of referred) expect(document.components.schemas).toHaveProperty(name);
});

test('every command that another’s claim may stand in the way of says so', () => {
  expect(TAKES_IN_HAND).toContain('cancel');
  for (const verb of TAKES_IN_HAND) {
    const operation = operations.find(({ operationId }) => operationId === `${verb}Task`);
    expect({ verb, says: JSON.stringify(operation?.responses['409']) }).toEqual({
      verb,
      says: expect.stringContaining('already_claimed') as string,
    });
  }
});
