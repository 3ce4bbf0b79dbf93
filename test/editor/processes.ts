import type { ChildProcess } from 'node:child_process';

/** Things to undo at once when this process ends without having come to its own end (a signal, a crash, an exit in a hook). */
const cleanups = new Set<() => void>();
let watchingExit = false;
let watchingSignals = false;

/**
 * Registers a synchronous cleanup for an early end of this process.
 * @param options.signals whether a signal ends the process here; false for a program that handles signals itself
 * @returns a function that takes the registration back, for the normal way out
 */
export function onEarlyEnd(cleanup: () => void, { signals }: { signals: boolean }): () => void {
  if (!watchingExit) process.on('exit', runAll);
  watchingExit = true;
  if (signals && !watchingSignals) {
    watchingSignals = true;
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.once(signal, () => process.exit(code));
    }
  }
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

function runAll(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

/** Sends a signal to a detached child's whole process group; false when the group is gone. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}
