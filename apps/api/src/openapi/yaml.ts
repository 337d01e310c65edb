import { stringify } from 'yaml';
import { CONTROLLERS } from '../controllers';
import { openApiDocument } from './document';

/** The document as the file in the repository has it. */
export function openApiYaml(): string {
  const head =
    '# Made from the endpoints and the contract classes by `npm run docs:openapi`; do not edit. A test fails when it is stale.\n';
  return head + stringify(openApiDocument(CONTROLLERS), { lineWidth: 0, aliasDuplicateObjects: false });
}
