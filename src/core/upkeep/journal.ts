import type { RemoteCommand } from '../remote/command';
import { rootScript } from './task';

const FILE = '/var/log/skylab/journal.jsonl';

/** What Skylab did to a machine, as the machine keeps it. */
export interface JournalEntry {
  /** ISO 8601, by this computer's clock. */
  readonly time: string;
  /** Who and where: `ada@laptop as admin`. */
  readonly who: string;
  /** The task's id. */
  readonly task: string;
  /** The line that the person agreed to. */
  readonly what: string;
  readonly result: 'done' | 'failed' | 'undone';
}

/**
 * Appends to the machine's journal. Root and the group adm (who may read logs) can read it.
 * Lines come by standard input and hold no secrets: only the lines that are shown before.
 */
export function writeJournal(entries: readonly JournalEntry[]): RemoteCommand {
  const script = `umask 027
if [ ! -d "\${1%/*}" ]; then mkdir "\${1%/*}"; fi
cat >>"$1"
chgrp adm "\${1%/*}" "$1" 2>/dev/null || :`;
  return rootScript(script, [FILE], 'write the journal', entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/** The newest entries, newest first. @param most how many */
export function readJournal(most = 500): RemoteCommand<readonly JournalEntry[]> {
  return {
    ...rootScript('if [ -e "$1" ]; then tail -n "$2" "$1"; fi', [FILE, String(most)], 'read the journal'),
    parse: parseJournal,
  };
}

/** Lines that are no entries, such as one that a full disk has cut, are left out. */
export function parseJournal(text: string): readonly JournalEntry[] {
  return text
    .split('\n')
    .flatMap((line) => entryOf(line))
    .reverse();
}

function entryOf(line: string): JournalEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const { time, who, task, what, result } = value as Record<string, unknown>;
  if (typeof time !== 'string' || typeof who !== 'string' || typeof task !== 'string' || typeof what !== 'string') return [];
  return result === 'done' || result === 'failed' || result === 'undone' ? [{ time, who, task, what, result }] : [];
}
