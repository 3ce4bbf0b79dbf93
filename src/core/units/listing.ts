import type { RemoteCommand } from '../remote/command';
import { unitTypeOf } from './names';

/** What systemd knows of one unit. */
export interface UnitRow {
  readonly name: string;
  readonly description: string;
  /** loaded, not-found, masked, bad-setting, error; empty for a file that nothing has asked for yet. */
  readonly load: string;
  /** active, inactive, failed, activating, deactivating, reloading. */
  readonly active: string;
  /** running, exited, dead, waiting, listening and so on. */
  readonly sub: string;
  /** enabled, disabled, static, masked, indirect, generated and so on; empty where there is no file. */
  readonly boot: string;
  /** Its file, or a change to it, stands in /etc/systemd/system. */
  readonly own: boolean;
  /** Skylab has installed it. */
  readonly skylab: boolean;
  /** Names of the files that change it, such as override.conf. */
  readonly dropIns: readonly string[];
  readonly timer?: TimerTimes;
}

/** Milliseconds since the epoch; undefined where there is none. */
interface TimerTimes {
  readonly next: number | undefined;
  readonly last: number | undefined;
  /** The unit that it starts. */
  readonly activates: string;
}

export interface UnitList {
  /** `systemd 257`, as the machine says; undefined where there is no systemd. */
  readonly version: number | undefined;
  readonly units: readonly UnitRow[];
}

const MARK = '@@skylab ';

/** Older versions know no JSON here and print their columns instead: the flags give columns that can be read as well. */
const script = String.raw`
export LC_ALL=C TZ=UTC SYSTEMD_COLORS=0 PATH="$PATH:/usr/sbin:/sbin:/usr/bin:/bin"
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || exit 0
part() { printf '\n@@skylab %s\n' "$1"; }
ask() { systemctl "$@" --all --plain --no-legend --full --no-pager --output=json 2>/dev/null || systemctl "$@" --all --plain --no-legend --full --no-pager 2>/dev/null; }
part version; systemctl --version | head -n 1
part units; ask list-units --type=service,timer,socket,path,mount,automount,swap
part files; ask list-unit-files --type=service,timer,socket,path,mount,automount,swap,target,slice
part timers; ask list-timers
cd /etc/systemd/system || exit 0
part own; for f in *.*; do [ -f "$f" ] && [ ! -L "$f" ] && printf '%s\n' "$f"; done
part skylab; grep -l '^X-Skylab-' -- *.* 2>/dev/null
part dropins; for f in *.d/*.conf; do [ -f "$f" ] && printf '%s\n' "$f"; done
exit 0
`;

/** Every service, timer, socket, path and mount of a machine, in one round trip. Needs no rights. */
export const listUnits: RemoteCommand<UnitList> = { argv: ['sh', '-s'], stdin: script, what: 'list the services', parse: parseUnitList };

/** Reads what the script prints: JSON, or columns where systemd is older than 246. */
export function parseUnitList(stdout: string): UnitList {
  const parts = partsOf(stdout);
  const version = Number(/systemd (\d+)/.exec(parts.get('version') ?? '')?.[1]);
  if (!(version > 0)) return { version: undefined, units: [] };
  const rows = new Map<string, Mutable<UnitRow>>();
  const row = (name: string): Mutable<UnitRow> => {
    const known = rows.get(name);
    if (known) return known;
    const made = {
      name,
      description: '',
      load: '',
      active: 'inactive',
      sub: 'dead',
      boot: '',
      own: false,
      skylab: false,
      dropIns: [] as readonly string[],
    };
    rows.set(name, made);
    return made;
  };
  for (const [name = '', load = '', active = '', sub = '', description = ''] of table(parts.get('units'), unitColumns, 4)) {
    Object.assign(row(name), { load, active, sub, description: description === name ? '' : description });
  }
  for (const [name = '', boot = ''] of table(parts.get('files'), ['unit_file', 'state'], 2)) {
    if (boot !== 'alias') row(name).boot = boot;
  }
  for (const [name, times] of timersOf(parts.get('timers') ?? '')) row(name).timer = times;
  for (const name of linesOf(parts.get('own'))) if (unitTypeOf(name) !== undefined) row(name).own = true;
  for (const name of linesOf(parts.get('skylab'))) if (rows.has(name)) row(name).skylab = true;
  for (const path of linesOf(parts.get('dropins'))) {
    const [name = '', file = ''] = path.split('.d/');
    // a folder such as service.d changes all services: no unit of this name is known
    const changed = rows.get(name);
    if (changed) Object.assign(changed, { own: true, dropIns: [...changed.dropIns, file] });
  }
  // what others only mention is none of the machine's units
  const units = [...rows.values()].filter(({ load, own, active }) => own || load !== 'not-found' || active === 'failed');
  return { version, units: units.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const unitColumns = ['unit', 'load', 'active', 'sub', 'description'];

function partsOf(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(`\n${MARK}`).slice(1)) {
    const end = part.indexOf('\n');
    parts.set(part.slice(0, end).trim(), part.slice(end + 1));
  }
  return parts;
}

const linesOf = (part: string | undefined): string[] => (part ?? '').split('\n').filter((line) => line !== '');

/** The rows of a listing, by JSON's keys or by columns of which the last takes the rest of the line. */
function table(part: string | undefined, keys: readonly string[], columns: number): string[][] {
  const json = jsonRows(part ?? '');
  if (json) return json.map((record) => keys.map((key) => (typeof record[key] === 'string' ? record[key] : '')));
  return linesOf(part).flatMap((line) => {
    const words = line.replace(/^[●○×*\s]+/u, '').split(/\s+/);
    return words.length < 2 ? [] : [[...words.slice(0, columns), words.slice(columns).join(' ').trim()]];
  });
}

function jsonRows(part: string): Record<string, unknown>[] | undefined {
  if (!part.trimStart().startsWith('[')) return undefined;
  const parsed: unknown = JSON.parse(part);
  return Array.isArray(parsed)
    ? parsed.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : undefined;
}

function* timersOf(part: string): Generator<[string, TimerTimes]> {
  const json = jsonRows(part);
  if (json) {
    for (const { unit, activates, next, last } of json) {
      if (typeof unit === 'string')
        yield [unit, { next: millis(next), last: millis(last), activates: typeof activates === 'string' ? activates : '' }];
    }
    return;
  }
  const date = '(\\w{3} \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d \\w+|n/a|-)';
  const line = new RegExp(`^\\s*${date}\\s+.*?\\s*${date}\\s+.*?(\\S+\\.timer)\\s+(\\S+)\\s*$`);
  for (const text of linesOf(part)) {
    const [, next = '', last = '', name, activates = ''] = line.exec(text) ?? [];
    if (name !== undefined) yield [name, { next: dateMillis(next), last: dateMillis(last), activates }];
  }
}

/** systemd counts in microseconds; 0 is never. */
const millis = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? Math.floor(value / 1000) : undefined);

function dateMillis(text: string): number | undefined {
  const [, day, time] = /^\w{3} (\S+) (\S+) UTC$/.exec(text) ?? [];
  const value = Date.parse(`${day ?? ''}T${time ?? ''}Z`);
  return Number.isNaN(value) ? undefined : value;
}

/** True for a unit that has gone wrong: it failed, or its file cannot be read. */
export const isFailed = ({ active, load }: UnitRow): boolean => active === 'failed' || load === 'bad-setting' || load === 'error';

/** The units that a person looks for first: their own, and those that failed; the failed ones first. */
export function ownUnits(units: readonly UnitRow[]): readonly UnitRow[] {
  const wanted = units.filter((unit) => unit.own || isFailed(unit));
  return wanted.sort((a, b) => Number(isFailed(b)) - Number(isFailed(a)) || Number(b.own) - Number(a.own));
}
