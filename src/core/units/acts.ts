import type { RemoteCommand } from '../remote/command';

/** What can be done to a unit by one word of systemctl. */
export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable' | 'mask' | 'unmask';

/** How an act went. */
export interface ActResult {
  readonly ok: boolean;
  /** What systemctl said. */
  readonly said: string;
  /** ActiveState and SubState afterwards. */
  readonly active: string;
  readonly sub: string;
  /** The last lines of its journal; empty where the act went well. */
  readonly journal: readonly string[];
}

/** A service that has no way to say that it is ready counts as started at once: this long it is looked at (seconds). */
const LOOK = 1.5;

/**
 * Does it, looks whether it lasts, and brings the last journal lines where it does not. Nothing to do is no failure:
 * systemctl takes the same act twice.
 */
export function actOn(verb: UnitVerb, name: string): RemoteCommand<ActResult> {
  const script = String.raw`
export LC_ALL=C SYSTEMD_COLORS=0
state() { systemctl show --property=ActiveState --property=SubState -- "$2" | tr '\n' ' '; }
from=$(date +%s)
case $1 in start|restart) systemctl reset-failed -- "$2" 2>/dev/null;; esac
said=$(systemctl --no-ask-password --quiet "$1" -- "$2" 2>&1); code=$?
case $code$1 in
0start|0restart|0reload)
  for i in 1 2 3; do
    case $(state "$@") in *ActiveState=failed*|*SubState=auto-restart*) code=1; break;; esac
    sleep ${LOOK / 3}
  done;;
esac
echo "code=$code $(state "$@")"
printf '%s\n' "$said" | tail -n 20
echo @@journal
[ $code = 0 ] || journalctl --no-pager --quiet --output=cat --lines=15 --since="@$from" --unit="$2" 2>/dev/null
exit 0`;
  return {
    argv: ['sh', '-c', script, 'act', verb, name],
    sudo: true,
    what: `${verb} ${name}`,
    parse: parseAct,
  };
}

export function parseAct(stdout: string): ActResult {
  const [head = '', ...rest] = stdout.split('\n');
  const value = (key: string): string => new RegExp(`\\b${key}=(\\S*)`).exec(head)?.[1] ?? '';
  const cut = rest.indexOf('@@journal');
  const lines = (from: number, to?: number): string[] => rest.slice(from, to).filter((line) => line.trim() !== '');
  return {
    ok: value('code') === '0',
    active: value('ActiveState'),
    sub: value('SubState'),
    said: lines(0, cut < 0 ? undefined : cut).join('\n'),
    journal: cut < 0 ? [] : lines(cut + 1),
  };
}

/** A short page: state, processes, memory, and the last lines of the journal. */
export function unitStatus(name: string): RemoteCommand {
  const script = 'export LC_ALL=C SYSTEMD_COLORS=0; systemctl status --no-pager --full --lines=30 -- "$1"; exit 0';
  return { argv: ['sh', '-c', script, 'status', name], sudo: true, what: `read the state of ${name}` };
}

/** What of the journal is shown. */
export interface JournalQuery {
  /** Lines shown before new ones come; 0 is all that fit the rest. */
  readonly lines: number;
  /** As journalctl(1) takes it: `-1h`, `today`, `2026-01-31 12:00`. */
  readonly since?: string;
  /** Only this important or more: 0 emerg to 7 debug. */
  readonly priority?: number;
  /** Only the boot that runs. */
  readonly thisBoot?: boolean;
  /** Goes on until it is ended. */
  readonly follow: boolean;
}

/** The journal of a unit, or of the whole machine. */
export function unitJournal(name: string | undefined, query: JournalQuery): RemoteCommand {
  const { lines, since, priority, thisBoot, follow } = query;
  const argv = [
    'journalctl',
    '--no-pager',
    '--quiet',
    '--no-hostname',
    '--output=short-iso',
    ...(name === undefined ? [] : [`--unit=${name}`]),
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(priority === undefined ? [] : [`--priority=${priority}`]),
    ...(thisBoot === true ? ['--boot'] : []),
    lines > 0 ? `--lines=${lines}` : '--lines=all',
    ...(follow ? ['--follow'] : []),
  ];
  return { argv, sudo: true, what: `read the journal of ${name ?? 'the machine'}` };
}
