import type { RemoteCommand } from '../../remote/command';
import type { AuthorizedKey } from '../../ssh/keys/authorizedKeys';
import { parseAuthorizedKeys } from '../../ssh/keys/authorizedKeys';
import { rootScript } from '../task';

/** Somebody who has, or could have, a login on a machine. */
export interface MachineUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly shell: string;
  readonly fullName: string;
  /** Besides the own group. */
  readonly groups: readonly string[];
  /** What sudo lets them do: everything without a password, everything with one, something, nothing. */
  readonly sudo: 'free' | 'password' | 'some' | 'none';
  readonly keys: readonly AuthorizedKey[];
  /** Has a password that works. */
  readonly password: boolean;
  /** The account has ended, or its shell lets nobody in. */
  readonly closed: boolean;
}

export interface UserFacts {
  /** Root and those that people made, by name. */
  readonly users: readonly MachineUser[];
  /** Names of every account, also of the system's own. */
  readonly taken: readonly string[];
  readonly groups: ReadonlyMap<string, { readonly gid: number; readonly members: readonly string[] }>;
  /** Drop-ins in `/etc/sudoers.d` that Skylab wrote. */
  readonly dropIns: readonly string[];
  /** Folders in /srv: name, group, octal mode. */
  readonly shared: readonly { readonly name: string; readonly group: string; readonly mode: string }[];
  readonly setfacl: boolean;
  /** sudo and its folder of drop-ins are there. */
  readonly sudoers: boolean;
  /** Who this connection has logged in as. */
  readonly me: string;
}

const SCRIPT = String.raw`
min=$(awk '$1 == "UID_MIN" { print $2 }' /etc/login.defs 2>/dev/null); [ -n "$min" ] || min=1000
echo "me $(printenv SUDO_USER || id -un)"
command -v setfacl >/dev/null && echo setfacl
command -v visudo >/dev/null && [ -d /etc/sudoers.d ] && echo sudoers
getent group | sed 's/^/group /'
for f in /etc/sudoers.d/skylab-*; do [ -e "$f" ] && echo "dropin ${'$'}{f##*/}"; done
for d in /srv/*/; do [ -d "$d" ] && echo "shared $(stat -c '%a %G %n' "$d")"; done
today=$(( $(date +%s) / 86400 ))
getent passwd | while IFS=: read -r name _ uid _ gecos home shell; do
  echo "taken $name"
  [ "$uid" = 0 ] || { [ "$uid" -ge "$min" ] && [ "$uid" -lt 65000 ]; } || continue
  echo "user $name:$uid:$home:$shell:$gecos"
  echo "of $(id -Gn -- "$name")"
  case $(getent shadow -- "$name" | cut -d: -f2) in ''|'!'*|'*'*|x) ;; *) echo password ;; esac
  end=$(getent shadow -- "$name" | cut -d: -f8)
  if [ -n "$end" ] && [ "$end" -le "$today" ]; then echo ended; fi
  if [ "$uid" = 0 ]; then echo "sudo (ALL : ALL) NOPASSWD: ALL"
  elif command -v sudo >/dev/null; then sudo -n -l -U "$name" 2>/dev/null </dev/null | sed -n 's/^ *\((.*) .*\)$/sudo \1/p'; fi
  [ -r "$home/.ssh/authorized_keys" ] && sed 's/^/key /' "$home/.ssh/authorized_keys"
done
exit 0
`;

/** The machine's people, in one round trip. Changes nothing. */
export const userFacts: RemoteCommand<UserFacts> = { ...rootScript(`set +eu\n${SCRIPT}`, [], 'list the users'), parse: parseUserFacts };

/** Reads what the script prints: a word for what it is, then the value. */
export function parseUserFacts(text: string): UserFacts {
  const groups = new Map<string, { gid: number; members: string[] }>();
  const drafts: { passwd: string; of: string[]; sudo: string[]; keys: string[]; password: boolean; ended: boolean }[] = [];
  const taken: string[] = [];
  const dropIns: string[] = [];
  const shared: { name: string; group: string; mode: string }[] = [];
  let [me, setfacl, sudoers] = ['', false, false];
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' ');
    const [key, value] = cut < 0 ? [line, ''] : [line.slice(0, cut), line.slice(cut + 1)];
    const draft = drafts.at(-1);
    if (key === 'me') me = value;
    else if (key === 'setfacl') setfacl = true;
    else if (key === 'sudoers') sudoers = true;
    else if (key === 'taken') taken.push(value);
    else if (key === 'dropin') dropIns.push(value);
    else if (key === 'group') {
      const [name = '', , gid, members = ''] = value.split(':');
      groups.set(name, { gid: Number(gid), members: members.split(',').filter((one) => one !== '') });
    } else if (key === 'shared') {
      const [mode = '', group = '', ...path] = value.split(' ');
      shared.push({
        mode,
        group,
        name: path
          .join(' ')
          .replace(/^\/srv\//, '')
          .replace(/\/$/, ''),
      });
    } else if (key === 'user') drafts.push({ passwd: value, of: [], sudo: [], keys: [], password: false, ended: false });
    else if (draft === undefined) continue;
    else if (key === 'of') draft.of = value.split(' ');
    else if (key === 'sudo') draft.sudo.push(value);
    else if (key === 'key') draft.keys.push(value);
    else if (key === 'password') draft.password = true;
    else if (key === 'ended') draft.ended = true;
  }
  const users = drafts.map(({ passwd, of, sudo, keys, password, ended }): MachineUser => {
    const [name = '', uid, home = '', shell = '', gecos = ''] = passwd.split(':');
    return {
      name,
      uid: Number(uid),
      home,
      shell,
      fullName: gecos.split(',')[0] ?? '',
      groups: of.filter((group) => group !== name && group !== ''),
      sudo: sudoOf(sudo),
      keys: parseAuthorizedKeys(keys.join('\n')),
      password,
      closed: ended || /\/(nologin|false)$/.test(shell),
    };
  });
  users.sort((a, b) => a.name.localeCompare(b.name));
  return { users, taken, groups, dropIns, shared, setfacl, sudoers, me };
}

/** `(ALL : ALL) NOPASSWD: ALL` lines of `sudo -l` (sudo(8)). */
function sudoOf(lines: readonly string[]): MachineUser['sudo'] {
  const all = lines.filter((line) => /^\((?:ALL|root)(?: : ALL)?\) .*\bALL$/.test(line));
  if (all.some((line) => line.includes('NOPASSWD:'))) return 'free';
  if (all.length > 0) return 'password';
  return lines.length > 0 ? 'some' : 'none';
}
