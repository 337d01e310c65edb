import { findProcess, isRunning, type ProcessIdentity } from '#libs/stack';

/**
 * The processes between us and the npm that started us, npm included; empty when it was not npm. npm runs a script
 * through a shell, which may or may not have been replaced by the script.
 */
function launchers(): { child: ProcessIdentity; launcher: number }[] {
  if (!process.env.npm_lifecycle_event) return [];
  const chain: { child: ProcessIdentity; launcher: number }[] = [];
  for (let entry = findProcess(process.pid); entry && chain.length < 3; entry = findProcess(entry.parent)) {
    chain.push({ child: entry, launcher: entry.parent });
    const parent = findProcess(entry.parent);
    if (!parent || !/^(\S*\/)?(ba|da|z|k)?sh(\s|$)/.test(parent.command)) break;
  }
  return chain;
}

/**
 * Calls `gone` once when the npm that started this process is gone. Who kills `npm start` with SIGKILL kills npm
 * alone, and means all of it; the system tells a process nothing about its parent's death, so it is looked for.
 * @returns ends the watch
 */
export function watchLauncher(gone: () => void): () => void {
  const chain = launchers();
  // start.mjs has noted who started it before it installed and built.
  const goneBefore =
    chain.length > 0 &&
    process.env.CT_STARTED_BY !== undefined &&
    process.env.CT_STARTED_BY !== String(process.ppid);
  const timer = setInterval(() => {
    const left = chain.some(
      ({ child, launcher }) => !isRunning(child) || findProcess(child.pid)?.parent !== launcher,
    );
    if (!goneBefore && !left) return;
    clearInterval(timer);
    gone();
  }, 500);
  return () => clearInterval(timer);
}
