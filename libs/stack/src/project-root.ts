import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** True for the folder whose package.json is this project's. */
function isProjectRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const content = JSON.parse(readFileSync(file, 'utf8')) as { name?: string };
  return content.name === 'conversation-tasks';
}

/**
 * The folder of the project's package.json, found upwards from this file, so that it is the same from the sources
 * (jest) and from dist.
 * @throws Error when no folder above this file is the project's
 */
export function projectRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (isProjectRoot(folder)) return folder;
    if (folder === dirname(folder))
      throw new Error(`no package.json of conversation-tasks above ${__dirname}`);
  }
}
