import type { RemoteCommand } from '../remote/command';

/** A unit file, or a file that changes a unit: `web.service`, `web.service.d/override.conf`. Relative to /etc/systemd/system. */
export interface UnitFile {
  readonly path: string;
  readonly text: string;
}

/** Something that systemd says of a unit. */
export interface UnitFinding {
  /** The path of the file it is about, where that is one of those that were asked about. */
  readonly path: string | undefined;
  /** From 0; undefined where it is about the whole. */
  readonly line: number | undefined;
  readonly message: string;
  /** An error keeps systemd from using the unit; a warning is a line that it leaves out. */
  readonly severity: 'error' | 'warning';
}

/** The unit that a file is, or changes. */
export const unitOfPath = (path: string): string => path.replace(/\.d\/[^/]*$/, '');

/** Files as lines of a path and base64, so that no name and no content needs quoting. */
export const encodeFiles = (files: readonly UnitFile[]): string =>
  files.map(({ path, text }) => `${path} ${Buffer.from(text).toString('base64')}\n`).join('');

/**
 * Lets the machine's own systemd judge files before they are installed, together with what is there already. Anything it says is a
 * finding: an unknown key leaves the exit code at 0.
 */
export function verifyFiles(files: readonly UnitFile[]): RemoteCommand<UnitFinding[]> {
  const script = String.raw`
export LC_ALL=C SYSTEMD_COLORS=0
command -v systemd-analyze >/dev/null 2>&1 || exit 0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
set --
while read -r path data; do
  unit=$(printf '%s' "$path" | sed 's|\.d/[^/]*$||')
  if [ "$unit" != "$path" ]; then
    mkdir -p "$dir/$unit.d"
    from=$(systemctl show --property=FragmentPath --value -- "$unit" 2>/dev/null)
    [ -e "$dir/$unit" ] || { [ -n "$from" ] && cp -- "$from" "$dir/$unit"; }
  fi
  printf '%s' "$data" | base64 -d >"$dir/$path"
  set -- "$@" "$dir/$unit"
done
systemd-analyze verify --man=no "$@" 2>&1 </dev/null | sed "s|$dir/||g"
exit 0`;
  return {
    argv: ['sh', '-c', script, 'verify'],
    stdin: encodeFiles(files),
    sudo: true,
    parse: (stdout) => parseVerify(stdout, files),
    what: `check ${files.map(({ path }) => path).join(', ')}`,
  };
}

/** Reads what `systemd-analyze verify` says; what it says of other units of the machine, which a dependency drags in, is left out. */
export function parseVerify(stdout: string, files: readonly UnitFile[]): UnitFinding[] {
  const names = new Set(files.map(({ path }) => unitOfPath(path)));
  const findings: UnitFinding[] = [];
  for (const said of stdout.split('\n')) {
    const [, place = '', number, rest = ''] = /^(\S+?):(?:(\d+):)?\s+(.*)$/.exec(said) ?? [];
    const name = place.slice(place.lastIndexOf('/') + 1);
    const file = files.find(({ path }) => path === place) ?? (names.has(name) ? fileFor(name, rest, files) : undefined);
    if (file === undefined) {
      const [, unit = ''] = /^(?:Unit|Failed to (?:load|prepare filename)) (\S+?)[: ](?=.)/.exec(said) ?? [];
      // "has a bad unit file setting" only repeats the line before it
      if (names.has(unit) && !/has a bad unit file setting/.test(said))
        findings.push({ path: pathOf(unit, files), line: undefined, message: said, severity: 'error' });
      continue;
    }
    const line = number === undefined ? lineAbout(rest, file.text) : Number(number) - 1;
    const severity = number === undefined && !/ignor/i.test(rest) ? 'error' : 'warning';
    const finding: UnitFinding = { path: file.path, line, message: rest, severity };
    if (!findings.some((one) => one.message === finding.message && one.line === line && one.path === file.path)) findings.push(finding);
  }
  return findings;
}

const pathOf = (unit: string, files: readonly UnitFile[]): string | undefined => files.find(({ path }) => unitOfPath(path) === unit)?.path;

/** Of a unit and the files that change it, the one in which the message's subject stands. */
function fileFor(unit: string, message: string, files: readonly UnitFile[]): UnitFile | undefined {
  const parts = files.filter(({ path }) => unitOfPath(path) === unit);
  return parts.find(({ text }) => lineAbout(message, text) !== undefined) ?? parts[0];
}

/** The line that a message without a number is about: the one with the program or the key that it names. */
function lineAbout(message: string, text: string): number | undefined {
  const key = /\b([A-Z][A-Za-z]+)=/.exec(message)?.[1];
  const path = /\bCommand (\/\S+)/.exec(message)?.[1];
  const at = text.split('\n').findLastIndex((line) => {
    if (path !== undefined) return /^\s*Exec\w*\s*=/.test(line) && line.includes(path);
    return key !== undefined && new RegExp(`^\\s*${key}\\s*=`).test(line);
  });
  return at < 0 ? undefined : at;
}
