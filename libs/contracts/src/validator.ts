import { Ajv, type ErrorObject, type SchemaValidateFunction } from 'ajv';
import {
  ActivityEnvelope,
  type CloudEventEnvelope,
  ConversationEnvelope,
  PublishedEnvelope,
  WorkforceEnvelope,
} from './envelope';
import { EVENT_DATA, type EventType } from './event-types';
import { contractSchemas } from './json-schema';
import { allRules, type JsonSchema } from './rule';

/** One thing that is wrong with a message, for people: `field` is where (`data.priority`), `message` says it with the field's name. */
export interface ValidationProblem {
  field: string;
  message: string;
}

/** Gives what is wrong; an empty list when nothing is. Of many problems the first ten, one a field. */
export type Validator = (value: unknown) => ValidationProblem[];

const MOST_PROBLEMS = 10;

const ajv = compiler();
const validators = new Map<string, Validator>();
let strictAjv: Ajv | undefined;

/** The validator of an event type's data: the hot path. The same verdict as class-validator on the class, held by a property test. */
export function validatorFor(type: EventType): Validator {
  return validatorOfClass(EVENT_DATA[type], 'data');
}

export type EnvelopeClass = new () => CloudEventEnvelope;

export const ENVELOPES = {
  ConversationEnvelope,
  WorkforceEnvelope,
  PublishedEnvelope,
  ActivityEnvelope,
} as const;

/** The validator of an envelope's attributes, as a JSON object; fields are named as attributes (`time`). */
export function envelopeValidator(of: EnvelopeClass): Validator {
  return validatorOfClass(of, '');
}

/**
 * The validator of what somebody sends and waits for an answer to: it also names what it does not know, since a misspelt field would
 * otherwise be one that was not sent.
 */
export function strictValidator(of: new () => object): Validator {
  // Made when it is first asked for: a worker never does.
  const validate = (strictAjv ??= compiler({ additionalProperties: false })).getSchema(of.name);
  if (!validate) throw new Error(`No JSON Schema for ${of.name}`);
  return (value) => (validate(value) === true ? [] : problemsOf(validate.errors ?? [], ''));
}

function validatorOfClass(of: new () => object, root: string): Validator {
  const known = validators.get(of.name);
  if (known) return known;
  const validate = ajv.getSchema(of.name);
  if (!validate) throw new Error(`No JSON Schema for ${of.name}`);
  const validator: Validator = (value) =>
    validate(value) === true ? [] : problemsOf(validate.errors ?? [], root);
  validators.set(of.name, validator);
  return validator;
}

/** @param beside stands in every class's schema. */
function compiler(beside: JsonSchema = {}): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    validateFormats: false,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
  });
  ajv.addKeyword({ keyword: 'x-rules', schemaType: 'object', errors: 'full', compile: compileRules });
  for (const [name, schema] of Object.entries(contractSchemas('validating', '')))
    ajv.addSchema({ ...schema, ...beside, $id: name });
  return ajv;
}

/** Runs the rules a schema names; the first that does not hold is the error. */
function compileRules(bounds: Record<string, number>) {
  const rules = Object.entries(bounds).map(([name, bound]) => ({ rule: allRules().get(name)!, bound }));
  const validate: SchemaValidateFunction = (value: unknown) => {
    const broken = rules.find(({ rule, bound }) => !rule.holds(value, bound));
    if (!broken) return true;
    validate.errors = [{ keyword: 'x-rules', message: broken.rule.message(broken.bound), params: {} }];
    return false;
  };
  return validate as (value: unknown) => boolean;
}

function problemsOf(errors: ErrorObject[], root: string): ValidationProblem[] {
  const problems = new Map<string, ValidationProblem>();
  for (const error of errors) {
    if (isAboutNull(error)) continue;
    const field = fieldOf(error, root);
    if (!problems.has(field)) problems.set(field, { field, message: `${field} ${sayWhatIsWrong(error)}` });
    if (problems.size === MOST_PROBLEMS) break;
  }
  return [...problems.values()];
}

/** A field that may be null is `anyOf` its schema and null: only what its own schema says is news. */
function isAboutNull(error: ErrorObject): boolean {
  return error.keyword === 'anyOf' || (error.keyword === 'type' && error.params['type'] === 'null');
}

function fieldOf(error: ErrorObject, root: string): string {
  const steps = error.instancePath.split('/').slice(1);
  if (error.keyword === 'additionalProperties') steps.push(String(error.params['additionalProperty']));
  if (error.keyword === 'required') steps.push(String(error.params['missingProperty']));
  const path = steps.reduce(
    (whole, step) => (/^\d+$/.test(step) ? `${whole}[${step}]` : whole ? `${whole}.${step}` : step),
    root,
  );
  return path || 'the message';
}

function sayWhatIsWrong({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'type':
      return `must be ${articled(String(params['type']))}`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'minimum':
      return `must be at least ${params['limit']}`;
    case 'maximum':
      return `must be at most ${params['limit']}`;
    case 'additionalProperties':
      return 'is not known here';
    case 'minItems':
      return `must have at least ${params['limit']} items`;
    case 'maxItems':
      return `must have at most ${params['limit']} items`;
    default:
      return message ?? 'is not valid';
  }
}

const ARTICLED: Record<string, string> = {
  object: 'an object',
  array: 'a list',
  integer: 'a whole number',
  boolean: 'true or false',
};

function articled(type: string): string {
  return ARTICLED[type] ?? `a ${type}`;
}
