/** JSON Schema, as far as the document uses it. */
export interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
}

type Content = Record<string, { schema: Schema }>;

interface OperationObject {
  operationId: string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content: Content }>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema> };
}

/** A method at a path, as the document has it. */
export interface Operation extends OperationObject {
  method: string;
  path: string;
}

export function operationsOf({ paths }: ApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      ...{ method: method.toUpperCase(), path },
    })),
  );
}

export function parametersOf({ parameters }: Operation, place: Parameter['in']): Parameter[] {
  return parameters.filter((parameter) => parameter.in === place);
}

export function bodySchemaOf({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content['application/json']?.schema;
}

/** The path of those things one of which a parameter names: `/v1/tasks` for `id` in `/v1/tasks/{id}/claim`. */
export function collectionOf({ path }: Operation, parameter: string): string {
  return path.slice(0, path.indexOf(`/{${parameter}}`));
}

/** The schema of an operation's good answer, where it is JSON. */
export function answerSchemaOf({ responses }: Operation): Schema | undefined {
  const [, good] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  return good?.content['application/json']?.schema;
}

/** The name of the schema that is referred to. */
export function nameIn({ $ref }: Schema): string | undefined {
  return $ref?.split('/').at(-1);
}
