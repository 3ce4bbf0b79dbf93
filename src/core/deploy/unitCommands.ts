import type { RemoteCommand } from '../remote/command';

const FOLDER = '/etc/systemd/system';

export interface UnitState {
  /** active, inactive, failed, activating. */
  readonly active: string;
  /** enabled, disabled, or empty where there is no such unit. */
  readonly enabled: string;
  /** The file that systemd reads; empty where there is none. */
  readonly path: string;
  /** The file's text, where it is one that was installed by hand or by Skylab. */
  readonly text?: string;
}

/** A unit that was installed, to be put back as it was. */
export interface NamedUnit {
  readonly name: string;
  readonly text: string;
}

/** What systemd knows of a unit. */
export function unitState(name: string): RemoteCommand<UnitState> {
  const script = `systemctl show --property=ActiveState,UnitFileState,FragmentPath "$1"
[ -r "${FOLDER}/$1" ] && { echo; cat "${FOLDER}/$1"; }
exit 0`;
  return { argv: ['sh', '-c', script, 'state', name], parse: parseUnitState, what: `read the state of ${name}` };
}

export function parseUnitState(stdout: string): UnitState {
  const blank = stdout.indexOf('\n\n');
  const head = blank < 0 ? stdout : stdout.slice(0, blank);
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(head)?.[1] ?? '';
  return {
    active: value('ActiveState'),
    enabled: value('UnitFileState'),
    path: value('FragmentPath'),
    ...(blank < 0 ? {} : { text: stdout.slice(blank + 2) }),
  };
}

/**
 * Lets systemd judge a unit without installing it. Gives what it said about this unit: anything is a finding, since an unknown key
 * leaves the exit code at 0.
 */
export function verifyUnit(name: string, text: string): RemoteCommand<string[]> {
  const script = `dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat >"$dir/$1"
systemd-analyze verify --man=no "$dir/$1" 2>&1
exit 0`;
  return {
    argv: ['sh', '-c', script, 'verify', name],
    stdin: text,
    sudo: true,
    // other units of the machine that a dependency drags in are none of this stack's business
    parse: (stdout) => stdout.split('\n').filter((line) => line.includes(`${name}:`) || line.startsWith(`Unit ${name}`)),
    what: `check ${name}`,
  };
}

/** Writes the unit whole. */
export function installUnit(name: string, text: string): RemoteCommand {
  const script = `cd ${FOLDER} && cat >".$1.new" && chmod 644 ".$1.new" && mv ".$1.new" "$1" && systemctl daemon-reload`;
  return { argv: ['sh', '-c', script, 'install', name], stdin: text, sudo: true, what: `install ${name}` };
}

export function enableUnit(name: string): RemoteCommand {
  return { argv: ['systemctl', 'enable', name], sudo: true, what: `enable ${name}` };
}

/** Starts the unit so that its state tells the truth; one that is active already is left alone. */
export function startUnit(name: string): RemoteCommand {
  const script = 'systemctl is-active -q "$1" || { systemctl reset-failed "$1" 2>/dev/null; systemctl start "$1"; }';
  return { argv: ['sh', '-c', script, 'start', name], sudo: true, what: `start ${name}` };
}

export function stopUnit(name: string): RemoteCommand {
  return { argv: ['systemctl', 'disable', '--now', name], sudo: true, what: `stop ${name}` };
}

/** Stops, disables and removes the unit; nothing to do where it does not exist. */
export function removeUnit(name: string): RemoteCommand {
  const script = `[ -e "${FOLDER}/$1" ] || exit 0
systemctl disable --now "$1" || systemctl stop "$1"
rm -f "${FOLDER}/$1" && systemctl daemon-reload && { systemctl reset-failed "$1" 2>/dev/null || true; }`;
  return { argv: ['sh', '-c', script, 'remove', name], sudo: true, what: `remove ${name}` };
}

/**
 * Removes a unit whose stack goes on under another one: its processes end, while its `ExecStop`, which would take the containers down, is
 * left out. Nothing to do where it does not exist.
 */
export function retireUnit(name: string): RemoteCommand {
  const script = `[ -e "${FOLDER}/$1" ] || exit 0
mkdir -p "/run/systemd/system/$1.d" && printf '[Service]\\nExecStop=\\nExecStopPost=\\n' >"/run/systemd/system/$1.d/skylab-retire.conf" || exit
systemctl daemon-reload && systemctl disable --now "$1"
rm -rf "${FOLDER}/$1" "/run/systemd/system/$1.d" && systemctl daemon-reload && { systemctl reset-failed "$1" 2>/dev/null || true; }`;
  return { argv: ['sh', '-c', script, 'retire', name], sudo: true, what: `remove ${name}` };
}

/** The last lines of the unit's journal. */
export function unitJournal(name: string, lines: number): RemoteCommand {
  return {
    argv: ['journalctl', '--no-pager', '--output=cat', '--unit', name, '--lines', String(lines)],
    sudo: true,
    what: `read the journal of ${name}`,
  };
}
