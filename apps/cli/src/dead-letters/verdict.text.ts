import {
  idText,
  type Letter,
  type LetterVerdict,
  QUARANTINED_AT,
  type RedriveProgress,
} from '#libs/dead-letters';
import { grouped } from '../output';
import { safe } from './terminal.text';

/** One letter's line: which one, and what became or would become of it. */
export function verdictLine(letter: Letter, verdict: LetterVerdict, edited: boolean): string {
  return safe(`${idText(letter.id)}  ${letter.code} → ${became(letter, verdict, edited)}`);
}

/** What was done altogether: `3 applied, 2 tasks created; 1 failed, 1 of them quarantined`. */
export function totalsText({ results, tasks, quarantined }: RedriveProgress): string {
  const parts = Object.entries(results).map(([result, count]) => {
    if (result === 'applied') return `${grouped(count)} applied, ${grouped(tasks)} tasks created`;
    if (result === 'failed' && quarantined > 0)
      return `${grouped(count)} failed, ${grouped(quarantined)} of them quarantined`;
    return `${grouped(count)} ${result}`;
  });
  return parts.join('; ') || 'nothing';
}

function became({ attempt }: Letter, verdict: LetterVerdict, edited: boolean): string {
  switch (verdict.result) {
    case 'applied': {
      const warnings = verdict.warnings > 0 ? `, ${verdict.warnings} warnings` : '';
      return `applied: ${verdict.tasks === 1 ? '1 task' : `${verdict.tasks} tasks`} created${warnings}`;
    }
    case 'duplicate':
      return verdict.samePayload
        ? 'duplicate: it was applied before'
        : 'duplicate: another payload was applied under its identity, and stands';
    case 'rejected':
      return `rejected: ${verdict.code}`;
    case 'outdated':
      return 'outdated: as new or a newer record of its key stands, so it changes nothing';
    case 'skipped':
      return `skipped: nobody here knows the type ${verdict.type}; the letter stays`;
    case 'gone':
      return 'gone: the topic has let go of it';
    case 'failed': {
      const again = attempt + 1;
      const then = edited
        ? 'the letter stays as it was'
        : `failure ${again}${again >= QUARANTINED_AT ? ', quarantined' : ''}`;
      return `failed: ${verdict.stage} ${verdict.code}, ${verdict.message}; ${then}`;
    }
  }
}
