import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { parse } from 'yaml';
import { projectRoot } from '#libs/stack';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string }[];
  responses: Record<string, { content: Record<string, { schema: object }> }>;
}

/** The document that the API is held to. */
export const OPENAPI = parse(readFileSync(join(projectRoot(), 'docs', 'openapi.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: object;
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'openapi', components: OPENAPI.components });
const validators = new Map<string, ValidateFunction>();
const templates = Object.keys(OPENAPI.paths).map((path) => ({
  path,
  fits: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/**
 * `body`: of an answer in lines of JSON, the list of them.
 *
 * @throws when the answer is none that docs/openapi.yaml has for the request. What no path of it serves is left alone.
 */
export function checkAnswer(
  request: { method: string; path: string },
  answer: { status: number; type: string | null; body: unknown },
): void {
  const pathname = request.path.split('?', 1)[0]!;
  // Of two that fit, the one without a parameter is served.
  const fitting = templates
    .filter(({ fits }) => fits.test(pathname))
    .sort((a, b) => (a.path < b.path ? 1 : -1));
  const operation = fitting
    .map(({ path }) => OPENAPI.paths[path]![request.method.toLowerCase()])
    .find(Boolean);
  if (!operation || answer.status === 304) return;
  const where = `${request.method} ${pathname} → ${answer.status}`;
  const content = operation.responses[answer.status]?.content;
  if (!content) throw new Error(`${where}: the document has no such answer: ${JSON.stringify(answer.body)}`);
  const type = answer.type?.split(';', 1)[0] ?? '';
  const schema = content[type]?.schema;
  if (!schema) throw new Error(`${where}: ${type} where ${Object.keys(content).join(' or ')} should be`);
  const text = JSON.stringify(schema).replaceAll('#/components', 'openapi#/components');
  const validate = validators.get(text) ?? ajv.compile(JSON.parse(text) as object);
  validators.set(text, validate);
  for (const body of type === 'application/x-ndjson' ? (answer.body as unknown[]) : [answer.body])
    if (!validate(body))
      throw new Error(`${where}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`);
}
