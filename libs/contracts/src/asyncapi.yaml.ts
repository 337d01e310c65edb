import { stringify } from 'yaml';
import { asyncApiDocument } from './asyncapi';

/** The document as the file in the repository has it. */
export function asyncApiYaml(): string {
  const head =
    '# Made from the contract classes by `npm run docs:asyncapi`; do not edit. A test fails when it is stale.\n';
  return head + stringify(asyncApiDocument(), { lineWidth: 0, aliasDuplicateObjects: false });
}
