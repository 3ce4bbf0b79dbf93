import type { RemoteCommand } from '../remote/command';
import { RECORD_FILE } from './releases';

/** One file or link of a release, or of the folder that is to become one. */
export interface ContentEntry {
  /** Relative, `/` between parts. */
  readonly path: string;
  /** Bytes; 0 for links. */
  readonly size: number;
  readonly executable: boolean;
  /** SHA-256 in hexadecimal, or `link:<target>`; absent for a file that is too large to be read for a comparison. */
  readonly hash?: string;
}

/** What a release consists of. */
export interface ReleaseContents {
  readonly entries: readonly ContentEntry[];
  /** False where there were too many files to look at them all. */
  readonly complete: boolean;
  /** Texts of the stack's own files, which come along so that an unchanged stack takes no second look. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Files larger than this are compared by their size. */
export const MAX_HASHED_BYTES = 4 * 1024 * 1024;
/** More files than this are not compared one by one. */
const MAX_ENTRIES = 5000;
/** Larger texts are no reading matter. */
export const MAX_TEXT_BYTES = 128 * 1024;
/** Texts that are fetched for one comparison. */
export const MAX_TEXTS = 60;

/** Prints the files of the working directory: NUL-terminated `f<mode> <size> <path>`, `l<target>\\n<path>`, `h<sha256>  <path>`, `t<path>\\n<base64>`. */
export const CONTENTS_SCRIPT = String.raw`find . -xdev -type f -printf 'f%m %s %P\0' | head -z -n ${MAX_ENTRIES + 1}
find . -xdev -type l -printf 'l%l\n%P\0' | head -z -n ${MAX_ENTRIES}
find . -xdev -type f -size -${MAX_HASHED_BYTES / 1024 + 1}k -print0 | head -z -n ${MAX_ENTRIES} | xargs -0 -r sha256sum -z -- | sed -z 's/^/h/'
find . -xdev -maxdepth 2 -type f -size -${MAX_TEXT_BYTES / 1024 + 1}k \( -name '*.yml' -o -name '*.yaml' -o -name Caddyfile -o -name '*.service' \) -print0 | head -z -n 12 | xargs -0 -r sh -c 'for f; do printf "t%s\n" "$f"; base64 <"$f"; printf "\0"; done' texts`;

/** Reads what CONTENTS_SCRIPT prints. */
export function parseContents(stdout: string): ReleaseContents {
  const entries = new Map<string, ContentEntry>();
  const texts = new Map<string, string>();
  for (const line of stdout.split('\0')) {
    const [, mode = '', size = '', path = ''] = /^f(\d+) (\d+) ([\s\S]+)$/.exec(line) ?? [];
    if (path !== '') entries.set(path, { path, size: Number(size), executable: (Number.parseInt(mode, 8) & 0o100) !== 0 });
    const [, target = '', link = ''] = /^l([^\n]*)\n([\s\S]+)$/.exec(line) ?? [];
    if (link !== '') entries.set(link, { path: link, size: 0, executable: false, hash: `link:${target}` });
    const [, hash = '', hashed = ''] = /^h([0-9a-f]{64}) [ *]\.\/([\s\S]+)$/.exec(line) ?? [];
    const known = entries.get(hashed);
    if (known !== undefined) entries.set(hashed, { ...known, hash });
    const [, named = '', coded = ''] = /^t\.\/([^\n]+)\n([\s\S]*)$/.exec(line) ?? [];
    const text = named === '' ? undefined : textOf(Buffer.from(coded, 'base64'));
    if (text !== undefined) texts.set(named, text);
  }
  entries.delete(RECORD_FILE);
  return { entries: [...entries.values()], complete: entries.size < MAX_ENTRIES, texts };
}

/** The texts of some files of a release, in one round trip; undefined for what is too large or no text. */
export function textsCommand(release: string, paths: readonly string[]): RemoteCommand<(string | undefined)[]> {
  const script = `cd "$1" || exit 1
shift
for path; do
  if [ -f "$path" ] && [ "$(wc -c <"$path")" -le ${MAX_TEXT_BYTES} ]; then base64 <"$path" | tr -d '\\n'; echo .; else echo; fi
done`;
  const parse = (stdout: string) => {
    const lines = stdout.split('\n');
    return paths.map((_, index) => {
      const line = lines[index] ?? '';
      return line.endsWith('.') ? textOf(Buffer.from(line.slice(0, -1), 'base64')) : undefined;
    });
  };
  return { argv: ['sh', '-c', script, 'texts', release, ...paths], parse, what: 'read the files that serve' };
}

/** The bytes as text; undefined where they are none. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}
