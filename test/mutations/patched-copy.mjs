import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Not part of the code; dependencies and downloads are shared by a link. */
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', '.data', '.cache', 'coverage']);
const LINKED = ['node_modules', '.cache'];

/** Copies the project's code to `target`, in place of what is there. */
export function copyTree(root, target) {
  rmSync(target, { recursive: true, force: true });
  cpSync(root, target, {
    recursive: true,
    filter: (source) => source === root || !LEFT_OUT.has(basename(source)),
  });
  for (const name of LINKED) symlinkSync(join(root, name), join(target, name));
}

/** What is wrong with a mutant's replacements, given the file's text; null when each text to replace is there exactly once. */
export function staleness({ file, edits }, text) {
  for (const { find } of edits) {
    const times = text.split(find).length - 1;
    if (times !== 1)
      return `${file} has the text to replace ${times} times instead of once: ${JSON.stringify(find)}`;
  }
  return null;
}

/** Applies a mutant to the copy. @throws when it does not fit the code any more */
export function patch(target, mutant) {
  const path = join(target, mutant.file);
  let text = readFileSync(path, 'utf8');
  for (const edit of mutant.edits) {
    const problem = staleness({ file: mutant.file, edits: [edit] }, text);
    if (problem) throw new Error(`stale mutant "${mutant.name}": ${problem}`);
    text = text.replace(edit.find, () => edit.replace);
  }
  writeFileSync(path, text);
}
