import { JSONSchema } from 'class-validator-jsonschema';

/** What a class or field means, for the published documents. On contract classes it stands where a comment would. */
export const Describe = (description: string) =>
  JSONSchema({ description }) as ClassDecorator & PropertyDecorator;
