import type { RemoteCommand } from '../remote/command';
import { Secret } from '../secret';
import { rootScript } from '../upkeep/task';

/** A code with which somebody signs in to GraphTerm. */
export interface GraphTermCode {
  /** Who signs in with it: a name, `''` for the one user there is, or undefined for whoever joins the group. */
  readonly user: string | undefined;
  readonly code: Secret;
}

/** GraphTerm as a machine runs it. */
export interface GraphTermState {
  readonly role: string;
  /** GraphTerm's `--auth_type`. */
  readonly auth: string;
  readonly https: boolean;
  /** Name under which it is opened; empty for the machine's own. */
  readonly name: string;
  readonly codes: readonly GraphTermCode[];
}

/**
 * The files are `<user>@<server>_gterm_auth.txt`, without a user for the master code, and `gterm_gcode.txt` for the group
 * (graphterm/bin/gterm.py at 0.57). They are their users' alone, so root reads them.
 */
const SCRIPT = String.raw`[ -r /etc/graphterm.conf ] || exit 0
. /etc/graphterm.conf
printf 'conf %s %s %s %s\n' "$GRAPHTERM_ROLE" "$GRAPHTERM_AUTH" "$GRAPHTERM_HTTPS" "$GRAPHTERM_NAME"
getent passwd | cut -d: -f1,6 | while IFS=: read -r user home; do
  [ -d "$home/.graphterm" ] || continue
  for file in "$home"/.graphterm/*_gterm_auth.txt "$home"/.graphterm/_gterm_auth.txt "$home"/.graphterm/gterm_gcode.txt; do
    if [ -f "$file" ] && [ ! -L "$file" ]; then printf 'code %s %s %s\n' "$user" "$(head -n 1 "$file" | cut -d ' ' -f 1)" "$(basename "$file")"; fi
  done
done`;

/** Asks for its settings and the codes to sign in with; undefined where GraphTerm is not set up, or not by Skylab. */
export const graphTermState: RemoteCommand<GraphTermState | undefined> = {
  ...rootScript(SCRIPT, [], 'read GraphTerm’s access codes'),
  parse: parseState,
};

/** Reads what the script prints. */
function parseState(text: string): GraphTermState | undefined {
  const [, role, auth = '', https, name = ''] = /^conf (\S+) (\S+) (\S*) ?(.*)$/m.exec(text) ?? [];
  if (role === undefined) return undefined;
  const codes = new Map<string, GraphTermCode>();
  for (const [, owner = '', code = '', file = ''] of text.matchAll(/^code (\S+) (\S+) (\S+)$/gm)) {
    const user = file === 'gterm_gcode.txt' ? undefined : (/^([^@]*?)(?:@.*)?_gterm_auth\.txt$/.exec(file)?.[1] ?? '');
    // With many users the master code signs nobody in: it makes the codes of all others, and stays there.
    const counts = auth === 'multiuser' ? user === undefined || user === owner : auth === 'singleuser' && user === '';
    if (counts) codes.set(user ?? '\0', { user, code: new Secret(code) });
  }
  return { role, auth, https: https === 'true', name, codes: [...codes.values()] };
}

/** The private address of a machine, as those beside it reach it: the one from which it goes out. */
export const privateAddress: RemoteCommand = {
  argv: [
    'sh',
    '-c',
    `ip -4 -o route get 1.1.1.1 2>/dev/null | sed -n 's/.* src \\([0-9.]*\\).*/\\1/p' | grep . || hostname -I | cut -d ' ' -f 1`,
  ],
  what: 'ask for the private address',
  parse: (text) => text.trim(),
};
