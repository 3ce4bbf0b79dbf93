import type { RemoteCommand } from '../remote/command';

/** One thing that a task does to a machine. */
export interface Change {
  /** As a person reads it before and after: "adds the user grace". */
  readonly line: string;
  readonly command: RemoteCommand<unknown>;
  /** Takes it back after a later failure or a cancel; absent where it may stay. */
  readonly undo?: RemoteCommand;
  /** Milliseconds; default 60 s. */
  readonly timeoutMs?: number;
  /** Prints what apt or dnf print, which is shown as progress. */
  readonly installs?: boolean;
  /** What it prints is worth reading: the last line is shown while it runs, all of it stands in the log. */
  readonly logs?: boolean;
  /** Prints lines that a person may follow; gives each as it may be shown and kept. */
  readonly tells?: (line: string) => string;
}

/** Changes that belong together: one step of the operation. */
export interface Act {
  /** Unique in its plan. */
  readonly name: string;
  readonly title: string;
  readonly changes: readonly Change[];
  /** Its failure undoes this act only; the others go on, and the end tells. */
  readonly alone?: boolean;
  /** May lock the person out: runs only after the plan's way back is armed. */
  readonly guarded?: boolean;
  /** The machine restarts: the connection ends, and the next act waits until it lets in again. */
  readonly restarts?: boolean;
}

/** A shell script that the machine runs by itself unless a new connection has proved that the person still gets in. */
export interface WayBack {
  /** What it does, as a person reads it: "switches the firewall off again". */
  readonly line: string;
  /** Run by root before anything is changed: keeps what the way back needs. Positional parameter 1 is a folder for that. */
  readonly keep: string;
  /** Run by root to go back, with the same parameter. Must also be harmless when nothing was changed yet. */
  readonly restore: string;
}

/** What a task would do. No acts: there is nothing to do. */
export interface Plan {
  readonly acts: readonly Act[];
  /** What else the person should know before they agree. */
  readonly notes?: readonly string[];
  /** Files whose texts change, for who wants to read them before. */
  readonly files?: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  /** Needed where an act is guarded. */
  readonly wayBack?: WayBack;
  /** What only one may do at a time on the machine, whoever logs in: held until the end. */
  readonly lock?: string;
  /** Takes secrets out of what the machine says. */
  readonly safe?: (text: string) => string;
}

/** Something that Skylab does to a machine, idempotent: what is there already is not in its plan. */
export interface Task<F> {
  /** Stable name, for the journal: `users.add`. */
  readonly id: string;
  /** "Add grace". */
  readonly title: string;
  /** Asks for everything that the plan depends on, in one round trip; changes nothing. */
  readonly look: RemoteCommand<F>;
  /** Pure. @throws SkylabError where it cannot or must not be done */
  plan(facts: F): Plan;
  /** Words a failure, once everything was taken back. @param undoError why taking back failed, if it did */
  explain?(error: unknown, undoError: unknown): Error;
}

/** The lines of a plan, in order. */
export const linesOf = (plan: Plan): readonly string[] => plan.acts.flatMap(({ changes }) => changes.map(({ line }) => line));

/** True where doing it could end the person's access. */
export const isGuarded = (plan: Plan): boolean => plan.acts.some(({ guarded }) => guarded === true);

/** A change made by a shell script that root runs; `values` are its positional parameters. */
export function scripted(line: string, script: string, values: readonly string[] = [], more: Partial<Change> = {}): Change {
  return { line, command: rootScript(script, values, line), ...more };
}

/** A script that root runs; it ends at the first command that fails. */
export function rootScript(script: string, values: readonly string[], what: string, stdin?: string): RemoteCommand {
  return {
    argv: ['sh', '-c', `set -eu\nexport LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"\n${script}`, 'skylab', ...values],
    sudo: true,
    what,
    ...(stdin === undefined ? {} : { stdin }),
  };
}

/** Writes a file whole: beside the old one, then renamed over it. Parameters: path, mode; the text is standard input. */
const PUT = `umask 077
new=$(mktemp "$1.skylab.XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
chmod "$2" "$new"
mv -f "$new" "$1"
if command -v restorecon >/dev/null 2>&1; then restorecon "$1" || :; fi`;

/**
 * Writes a file of root's, whole or not at all, and makes its folder.
 * @param mode octal, such as `0644`
 */
export function putFile(path: string, mode: string, text: string): RemoteCommand {
  return rootScript(`mkdir -p "$(dirname "$1")"\n${PUT}`, [path, mode], `write ${path}`, text);
}
