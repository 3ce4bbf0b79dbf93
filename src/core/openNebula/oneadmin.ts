import type { RemoteCommand } from '../remote/command';
import type { Secret } from '../secret';
import type { Change } from '../upkeep/task';
import { rootScript } from '../upkeep/task';

/** Shell for root: `one COMMAND…` runs it as oneadmin, in its own environment; `$home` is its folder, empty where there is no oneadmin. */
export const ONEADMIN = `home=$(getent passwd oneadmin | cut -d: -f6)
one() { (cd / && runuser -u oneadmin -- env HOME="$home" LC_ALL=C.UTF-8 "$@"); }`;

/** What the command line tools answer where something is wrong goes to standard output, so it is shown as the reason. */
const RUN = `${ONEADMIN}
script=$1; shift
one sh -c "set -eu
$script" skylab "$@" >&2`;

/**
 * A script that oneadmin runs, who may do everything by `~/.one/one_auth`; `values` are its positional parameters.
 * @param stdin where a secret goes: every user of the machine can read arguments
 */
export function oneScript(script: string, values: readonly string[], what: string, stdin?: string | Secret): RemoteCommand {
  const command = rootScript(RUN, [script, ...values], what);
  return stdin === undefined ? command : { ...command, stdin };
}

/** A change that oneadmin makes. */
export function oneChange(line: string, script: string, values: readonly string[], more: Partial<Change> = {}): Change {
  return { line, command: oneScript(script, values, line), ...more };
}

/**
 * Shell: `with_file COMMAND…` runs a command with a file of what standard input has as its last argument, since most of the tools take
 * files only.
 */
export const WITH_FILE = `with_file() {
  file=$(mktemp); trap 'rm -f "$file"' EXIT
  cat >"$file"; "$@" "$file"
}
`;
