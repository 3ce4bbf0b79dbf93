import { createHmac, randomBytes } from 'node:crypto';
import type { RemoteCommand } from '../../remote/command';
import { RECORD_FILE } from '../releases';
import { maskEnv, maskSecrets } from './mask';

/** A file that two releases have differently; a side that lacks it is undefined. */
interface FileDifference {
  readonly path: string;
  /** Text with secrets masked; a sentence in brackets for what is large or no text. */
  readonly current: string | undefined;
  readonly other: string | undefined;
}

/** What goes with going from the current release to another one. */
export interface ReleaseComparison {
  readonly files: readonly FileDifference[];
  /** Image references that only one of them uses. */
  readonly images: { readonly current: readonly string[]; readonly other: readonly string[] };
}

/** Bytes of a file that are still shown. */
const SHOWN = 64 * 1024;
/** Files that are still shown. */
const MOST = 200;

const SCRIPT = `cd "skylab/$1" || exit 1
cur=$(cd current && pwd -P) || exit 1
new=$PWD/releases/$2
[ -d "$new" ] || exit 3
side() {
  [ -e "$2" ] || [ -L "$2" ] || { printf '%s\\tabsent\\n' "$1"; return; }
  if [ -L "$2" ]; then printf '%s\\ttext %s\\n' "$1" "$(readlink "$2" | base64 | tr -d '\\n')"
  elif [ ! -f "$2" ]; then printf '%s\\tother\\n' "$1"
  elif [ "$(stat -c %s "$2")" -gt ${SHOWN} ]; then printf '%s\\tlarge %s\\n' "$1" "$(sha256sum <"$2" | cut -c1-12)"
  else printf '%s\\ttext %s\\n' "$1" "$(base64 <"$2" 2>/dev/null | tr -d '\\n')"; fi
}
{ (cd "$cur" && find . \\( -type f -o -type l \\) -print0); (cd "$new" && find . \\( -type f -o -type l \\) -print0); } 2>/dev/null | sort -zu | tr '\\0' '\\n' |
while read -r f; do
  [ "$f" = "./${RECORD_FILE}" ] && continue
  if [ -L "$cur/$f" ] || [ -L "$new/$f" ]; then [ "$(readlink "$cur/$f")" = "$(readlink "$new/$f")" ] && continue
  else cmp -s "$cur/$f" "$new/$f" && continue; fi
  printf 'file\\t%s\\n' "\${f#./}"; side current "$cur/$f"; side other "$new/$f"
done | head -n ${3 * MOST}
for side in current other; do
  dir=$cur; [ $side = other ] && dir=$new
  (cd "$dir" && docker compose -p "$1" config --images 2>/dev/null) | sort -u | sed "s|^|image-$side	|"
done
exit 0`;

/** How a release differs from the one that serves, in one round trip. Exit code 3: it is gone. */
export function compareCommand(stack: string, release: string): RemoteCommand<ReleaseComparison | undefined> {
  return {
    argv: ['sh', '-c', SCRIPT, 'compare', stack, release],
    okCodes: [0, 3],
    parse: (stdout, code) => (code === 3 ? undefined : parseComparison(stdout)),
    what: 'compare the releases',
  };
}

/** Reads what the script prints. */
export function parseComparison(stdout: string): ReleaseComparison {
  // one key for both sides: an equal secret looks equal, and nothing can be tried against what is shown
  const key = randomBytes(16);
  const fingerprint = (value: string) => createHmac('sha256', key).update(value).digest('hex').slice(0, 4);
  const files: { path: string; current: string | undefined; other: string | undefined }[] = [];
  const images = { current: [] as string[], other: [] as string[] };
  for (const line of stdout.split('\n')) {
    const tab = line.indexOf('\t');
    const [word, value] = [line.slice(0, Math.max(0, tab)), line.slice(tab + 1)];
    const last = files.at(-1);
    if (word === 'file') files.push({ path: value, current: undefined, other: undefined });
    else if ((word === 'current' || word === 'other') && last) last[word] = sideText(last.path, value, fingerprint);
    else if (word === 'image-current') images.current.push(value);
    else if (word === 'image-other') images.other.push(value);
  }
  const without = (list: readonly string[], others: readonly string[]) => list.filter((one) => !others.includes(one));
  return { files, images: { current: without(images.current, images.other), other: without(images.other, images.current) } };
}

function sideText(path: string, value: string, fingerprint: (value: string) => string): string | undefined {
  const [kind, content = ''] = value.split(' ');
  if (kind === 'absent') return undefined;
  if (kind === 'large') return `(too large to show, ${content})\n`;
  if (kind !== 'text') return '(not a file)\n';
  const bytes = Buffer.from(content, 'base64');
  if (bytes.includes(0)) return `(no text, ${fingerprint(bytes.toString('latin1'))})\n`;
  const text = bytes.toString('utf8');
  return /(^|[./])env([./]|$)/i.test(path) ? maskEnv(text, fingerprint) : maskSecrets(text);
}
