import { type Verb } from './command';
import { type Status } from './vocabulary';

/**
 * From which status a verb is possible, and which status it leaves. What is not here is refused as `illegal_transition`.
 *
 *            start              resolve
 *   to_do ──────────▶ in_progress ─────▶ resolved      resolve also from to_do
 *     ▲ ◀──────────      │   cancel
 *     │    release       └───────────▶ cancelled       cancel also from to_do
 *     └──────────────── reopen ────────────┘           reopen from resolved and cancelled
 */
export const TRANSITIONS: Readonly<Record<Verb, Readonly<Partial<Record<Status, Status>>>>> = {
  assign: { to_do: 'to_do', in_progress: 'in_progress' },
  claim: { to_do: 'to_do', in_progress: 'in_progress' },
  release: { to_do: 'to_do', in_progress: 'to_do' },
  start: { to_do: 'in_progress' },
  resolve: { to_do: 'resolved', in_progress: 'resolved' },
  reopen: { resolved: 'to_do', cancelled: 'to_do' },
  cancel: { to_do: 'cancelled', in_progress: 'cancelled' },
  update: { to_do: 'to_do', in_progress: 'in_progress' },
  comment: { to_do: 'to_do', in_progress: 'in_progress', resolved: 'resolved', cancelled: 'cancelled' },
};
