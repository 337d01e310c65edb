import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '#libs/stack';

/** A fenced piece of a page, as a reader copies it. */
export interface CodeBlock {
  language: string;
  /** What the line above it calls the file it is to be saved as: "`pom.xml`:". */
  file?: string;
  text: string;
}

/** The code blocks below a heading of a page in docs/, up to the next heading of that level or above. @throws when there are none. */
export function codeBlocksUnder(page: string, heading: string): CodeBlock[] {
  const lines = readFileSync(join(projectRoot(), 'docs', page), 'utf8').split('\n');
  const from = lines.indexOf(heading);
  if (from < 0) throw new Error(`docs/${page} has no line "${heading}"`);
  const level = heading.indexOf(' ');
  const blocks: CodeBlock[] = [];
  let open: { language: string; file?: string; lines: string[] } | undefined;
  let file: string | undefined;
  for (const line of lines.slice(from + 1)) {
    const fence = /^```(\w*)$/.exec(line);
    if (open && fence) {
      blocks.push({ ...open, text: `${open.lines.join('\n')}\n` });
      open = file = undefined;
    } else if (open) open.lines.push(line);
    else if (fence) open = { language: fence[1]!, file, lines: [] };
    else if (/^#+ /.test(line) && line.indexOf(' ') <= level) break;
    else file = /`([\w.-]+)`:$/.exec(line)?.[1] ?? (line === '' ? file : undefined);
  }
  if (blocks.length === 0) throw new Error(`docs/${page} has no code below "${heading}"`);
  return blocks;
}
