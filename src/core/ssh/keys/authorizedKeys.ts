import type { RemoteCommand } from '../../remote/command';
import type { KeyFacts } from './publicKeys';
import { keyFacts, parsePublicLine } from './publicKeys';

/** A line of `authorized_keys` that lets a key in. */
export interface AuthorizedKey {
  /** Base64, as it stands in the file. */
  readonly blob: string;
  readonly comment: string;
  /** What stands before the key, such as `command="…"`; empty where nothing does. */
  readonly options: string;
  readonly facts?: KeyFacts;
}

/**
 * Finds the file, following a symbolic link, makes the folder where it is missing, and puts the new text in place whole.
 * `restorecon` gives the file the label that SELinux wants, where there is SELinux.
 */
const replaceFile = `
umask 077
folder=$HOME/.ssh
[ -d "$folder" ] || mkdir "$folder"
file=$folder/authorized_keys
if [ -L "$file" ]; then file=$(readlink -f "$file"); fi
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
if [ -f "$file" ]; then cat "$file" > "$new"; fi
put() {
  chmod 600 "$new"
  mv -f "$new" "$file"
  chmod go-w "$folder"
  if command -v restorecon >/dev/null 2>&1; then restorecon -R "$folder" >/dev/null 2>&1 || :; fi
}
`;

/** Appends a public line unless its key is let in already. Says `there` or `added`. @param line type, key and comment, one line */
export function installKey(line: string): RemoteCommand<'there' | 'added'> {
  const parsed = parsePublicLine(line);
  const plain =
    parsed === undefined ? '' : [parsed.type, parsed.blob.toString('base64'), parsed.comment.replace(/\p{Cc}/gu, ' ')].join(' ').trim();
  if (plain === '') throw new RangeError('no public key');
  const script = `set -eu${replaceFile}
IFS= read -r line
blob=$1
if grep -v '^[[:space:]]*#' "$new" | grep -qF -- "$blob"; then echo there; exit 0; fi
if [ -s "$new" ] && [ -n "$(tail -c 1 "$new")" ]; then echo >> "$new"; fi
printf '%s\\n' "$line" >> "$new"
put
echo added`;
  return {
    argv: ['sh', '-c', script, 'skylab', parsed?.blob.toString('base64') ?? ''],
    stdin: `${plain}\n`,
    parse: (stdout) => (stdout.trim() === 'there' ? 'there' : 'added'),
    what: 'install the key',
  };
}

/** The keys that may log in, in the order of the file. */
export function listAuthorizedKeys(): RemoteCommand<readonly AuthorizedKey[]> {
  return {
    argv: ['sh', '-c', 'if [ -e "$HOME/.ssh/authorized_keys" ]; then cat "$HOME/.ssh/authorized_keys"; fi'],
    parse: parseAuthorizedKeys,
    what: 'read the authorized keys',
  };
}

/** Takes out every line of these keys; comments and all other lines stay as they are. @param blobs base64 */
export function removeAuthorizedKeys(blobs: readonly string[]): RemoteCommand {
  const script = `set -eu${replaceFile}
for blob in "$@"; do
  awk -v blob="$blob" '/^[ \\t]*#/ || index($0, blob) == 0' "$new" > "$new.next"
  mv -f "$new.next" "$new"
done
put`;
  return { argv: ['sh', '-c', script, 'skylab', ...blobs], what: 'remove the keys' };
}

/** Reads `authorized_keys` (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"). */
export function parseAuthorizedKeys(text: string): readonly AuthorizedKey[] {
  return text.split(/\r?\n/).flatMap((raw): AuthorizedKey[] => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const start = keyStart(line);
    const parsed = parsePublicLine(line.slice(start));
    if (parsed === undefined) return [];
    const facts = keyFacts(parsed.blob);
    const blob = parsed.blob.toString('base64');
    return [{ blob, comment: parsed.comment, options: line.slice(0, start).trim(), ...(facts !== undefined && { facts }) }];
  });
}

/** Where the key begins: options end at the first blank outside quotes. */
function keyStart(line: string): number {
  if (/^(?:ssh-|ecdsa-|sk-)/.test(line)) return 0;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"' && line[i - 1] !== '\\') quoted = !quoted;
    else if (!quoted && /[ \t]/.test(line[i] ?? '')) return i + 1;
  }
  return 0;
}
