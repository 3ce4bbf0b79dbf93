import { quote } from '../remote/command';
import { Secret } from '../secret';
import type { HostStep } from './model';
import type { RecipeFile } from './ports';

/** A folder with scripts, and the values that they get. */
export interface HostProgram {
  readonly files: readonly RecipeFile[];
  /** Variable -> value, for the scripts' environment. */
  readonly values: Readonly<Record<string, string>>;
  /** Names of those whose values nobody may see. */
  readonly secret: ReadonlySet<string>;
}

/** `.env` reaches the scripts as their environment, and never lies on the machine as a file. */
const LEFT_HERE = new Set(['.env']);
const END = 'SKYLAB_END_OF_FILE';

/**
 * Puts the folder into a place of its own that goes when the program ends, and has the values in the environment. All of it comes by
 * standard input: arguments can be read by everyone on a machine.
 */
function prelude({ files, values }: HostProgram): string {
  const sent = files.filter(({ path }) => !LEFT_HERE.has(path));
  const folders = [...new Set(sent.flatMap(({ path }) => foldersOf(path)))];
  return [
    'umask 022',
    'place=$(mktemp -d "${TMPDIR:-/tmp}/skylab-host.XXXXXXXX") || exit 69',
    `trap 'cd / && rm -rf "$place"' EXIT`,
    `trap 'exit 129' HUP INT TERM`,
    'chmod 755 "$place" && cd "$place" || exit 69',
    ...(folders.length === 0 ? [] : [`mkdir -p ${folders.map(quote).join(' ')} || exit 69`]),
    ...sent.map(({ path, content }) => `base64 -d >${quote(path)} <<'${END}' || exit 69\n${lines(content)}${END}`),
    'SKYLAB_USER=${SUDO_USER:-$(id -un)}',
    'export SKYLAB_USER LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"',
    'HOME=$(getent passwd "$(id -u)" | cut -d: -f6); export HOME',
    ...Object.entries(values).map(([name, value]) => `export ${name}=${quote(value)}`),
    'as_root() { "$@"; }',
    `as_user() {
  if [ "$(id -u)" = 0 ] && [ "$SKYLAB_USER" != root ]; then su -s /bin/sh -c 'exec "$@"' "$SKYLAB_USER" skylab "$@"
  else "$@"; fi
}`,
  ].join('\n');
}

/** Runs every check, and prints for each its code and the last line that it printed. */
export function lookProgram(program: HostProgram, steps: readonly HostStep[]): Secret {
  const checks = steps.map((step, i) => `check ${i} ${call(program, step, step.check)}`);
  return new Secret(`${prelude(program)}
check() {
  number=$1; shift
  said=$("$@" 2>&1 </dev/null) && code=0 || code=$?
  printf 'step %s %s %s\\n' "$number" "$code" "$(printf '%s\\n' "$said" | sed '/^[[:space:]]*$/d' | tail -n 1)"
}
${checks.join('\n')}
exit 0
`);
}

/** What `stepProgram` prints on standard output, before the last lines of what the scripts said. */
const ENDED = 'skylab-ended';
/** Lines of a failed script's output that its sentence quotes. */
const QUOTED = 4;

/** How a step's scripts ended. */
export interface StepEnd {
  readonly code: number;
  /** The script that ended so. */
  readonly script: 'run' | 'check';
  /** The last lines that it printed. */
  readonly said: string;
}

/**
 * Runs one step's script, and after `run` its check, which has to find it done. All that they print goes to standard error, as it comes,
 * and how it ended to standard output: see `parseEnd`.
 */
export function stepProgram(program: HostProgram, step: HostStep, which: 'run' | 'undo'): Secret {
  const ran = (
    script: string,
    name: StepEnd['script'],
  ): string => `{ ${call(program, step, script)} 2>&1 </dev/null; echo $? >.code; } | tee .said >&2
if [ "$(cat .code)" != 0 ]; then echo "${ENDED} $(cat .code) ${name}"; grep -v '^[[:space:]]*$' .said | tail -n ${QUOTED}; exit 0; fi`;
  const script = which === 'run' ? step.run : (step.undo ?? '');
  return new Secret(`${prelude(program)}
${ran(script, 'run')}
${which === 'run' ? `${ran(step.check, 'check')}\n` : ''}echo '${ENDED} 0 run'
`);
}

/** Reads what `stepProgram` prints on standard output; undefined where it did not get that far. */
export function parseEnd(text: string): StepEnd | undefined {
  const [, code, script, said = ''] = new RegExp(`^${ENDED} (\\d+) (run|check)$\\n?([^]*)`, 'm').exec(text) ?? [];
  if (code === undefined) return undefined;
  return { code: Number(code), script: script === 'check' ? 'check' : 'run', said: said.trim().split('\n').join(' / ') };
}

/** By the interpreter of its first line, so that it needs no execute bit and a folder for programs. */
function call({ files }: HostProgram, { as }: HostStep, script: string): string {
  const text = files.find(({ path }) => path === script)?.content.toString('utf8') ?? '';
  const words = /^#!\s*(\S.*)$/m
    .exec(text.split('\n')[0] ?? '')?.[1]
    ?.trim()
    .split(/\s+/) ?? ['sh'];
  return [`as_${as}`, ...words, script].map(quote).join(' ');
}

/** A line without the values that nobody may see. */
export function masked({ values, secret }: HostProgram, line: string): string {
  return Object.entries(values)
    .filter(([name, value]) => secret.has(name) && value !== '')
    .sort(([, a], [, b]) => b.length - a.length)
    .reduce((text, [, value]) => text.replaceAll(value, '•••'), line);
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Base64 in lines, as `base64` writes it. */
const lines = (content: Buffer): string => content.toString('base64').replaceAll(/.{1,76}/g, '$&\n');
