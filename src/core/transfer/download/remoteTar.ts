import { encodeName, printableName } from '../names';
import type { RemoteCommand } from '../../remote/command';
import { overPaths } from '../../remote/files';
import type { Skipped } from './ports';

/**
 * What runs on the machine: the folder as a tar stream on standard output. Beside it, on standard error, `@total FILES BYTES` as soon as
 * they are counted, what tar has to say, and `@exit CODE` or `@error CODE`.
 */
const SCRIPT = String.raw`
export LC_ALL=C
fail() { echo "@error $*" >&2; exit 9; }
command -v tar >/dev/null || fail NoTar
[ -e "$1" ] || fail Gone
[ -d "$1" ] || fail NotAFolder
cd -- "$1" 2>/dev/null || fail Denied
ls . >/dev/null 2>&1 || fail Denied
{ find . -type f -printf "%s\n" 2>/dev/null || find . -type f -exec stat -c "%s" {} + 2>/dev/null; } |
  awk '{ files++; bytes += $1 } END { printf "@total %d %.0f\n", files, bytes }' >&2 &
tar -c -f - .
code=$?
wait
echo "@exit $code" >&2
`.trim();

/** The command that sends a folder. @param path absolute, or relative to the login folder */
export function sendFolder(path: string): RemoteCommand {
  const fixed = encodeName(path.startsWith('/') ? path : `./${path}`);
  return overPaths(['sh', '-c', SCRIPT, 'skylab-download'], [fixed], 'send the folder');
}

/** What the command has said so far, line by line. */
export class SendReport {
  total: { readonly files: number; readonly bytes: number } | undefined;
  error: string | undefined;
  exit: number | undefined;
  /** Files that are not in the archive, and why. */
  readonly missing: Skipped[] = [];
  /** Files that stand in the archive with other content than they had: cut short and filled up with zeros. */
  readonly spoilt: string[] = [];
  /** Files whose content went on changing: they are in the archive as far as they were read. */
  readonly changed: string[] = [];
  /** What was not understood. */
  readonly other: string[] = [];
  #rest = '';

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-8192);
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const [word, first = '', second = ''] = line.split(' ');
    if (word === '@total') this.total = { files: Number(first), bytes: Number(second) };
    else if (word === '@exit') this.exit = Number(first);
    else if (word === '@error') this.error = first;
    else this.#said(line);
  }

  #said(line: string): void {
    const gnu = /^tar: (.*?): (.*)$/.exec(line);
    const busybox = /^tar: can't open '(.*)': (.*)$/.exec(line);
    const [, name = '', words = ''] = busybox ?? gnu ?? [];
    const path = readable(name);
    if (/Exiting with failure|Error exit delayed/.test(line)) return;
    if (/Permission denied|Operation not permitted/.test(words)) this.missing.push({ path, reason: 'The login user may not read it.' });
    else if (/socket ignored|Unknown file type/.test(words))
      this.missing.push({ path, reason: 'It is neither a file nor a folder nor a link.' });
    else if (/removed before we read it|No such file/.test(words))
      this.missing.push({ path, reason: 'It vanished while the folder was read.' });
    else if (/shrank|[Rr]ead error|short read/.test(words)) this.spoilt.push(path);
    else if (/changed as we read it/.test(words)) this.changed.push(path);
    else if (line.trim() !== '' && this.other.length < 20) this.other.push(printableName(line));
  }
}

/** A name as tar quotes it in what it says: octal for bytes beyond ASCII. */
function readable(name: string): string {
  const bytes = name.replace(/^(\.\/)+/, '').replace(/(?:\\[0-7]{3})+/g, (run) =>
    Buffer.from(
      run
        .split('\\')
        .slice(1)
        .map((digits) => parseInt(digits, 8)),
    ).toString(),
  );
  return printableName(bytes.replaceAll('\\n', ' ').replaceAll('\\\\', '\\'));
}
