import { SkylabError } from '../../errors';
import type { RemoteCommand } from '../../remote/command';
import { installKey, removeAuthorizedKeys } from '../../ssh/keys/authorizedKeys';
import { keyFacts, parsePublicLine } from '../../ssh/keys/publicKeys';
import type { Act, Change, Task } from '../task';
import { rootScript, scripted } from '../task';
import type { MachineUser, UserFacts } from './facts';
import { userFacts } from './facts';

/** A person who shall have a login. */
export interface WantedUser {
  readonly name: string;
  /** Public keys, one line each. */
  readonly keys: readonly string[];
  /** sudo for everything, without a password. */
  readonly sudo: boolean;
  /** Further groups; made where they are missing. */
  readonly groups: readonly string[];
  readonly fullName?: string;
}

const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

/** What is wrong with a name for a user or a group (useradd(8)), as a sentence; undefined when it is right. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'A name is missing.';
  if (NAME.test(name)) return undefined;
  return 'A name has small letters, digits, “_” and “-”, begins with a letter, and has 32 characters at most.';
}

/** What is wrong with a public key, as a sentence; undefined when it is right. */
export function keyProblem(line: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line))
    return 'This is a private key. It must not leave the computer of its owner: ask for the public one.';
  const parsed = parsePublicLine(line);
  const facts = parsed === undefined ? undefined : keyFacts(parsed.blob);
  if (facts === undefined) return 'This is no public key. It begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-….';
  if (facts.kind === 'DSA') return 'DSA keys are no longer accepted by sshd.';
  if (facts.kind === 'RSA' && facts.bits < 2048) return `This RSA key has ${facts.bits} bits; sshd wants 2048 or more.`;
  if (facts.kind.endsWith('-CERT')) return 'This is a certificate, not a public key.';
  return undefined;
}

/** Adds people, or gives what is missing to those who are there. One that fails does not stop the others. */
export function addUsers(wanted: readonly WantedUser[]): Task<UserFacts> {
  const [only] = wanted;
  return {
    id: 'users.add',
    title: wanted.length === 1 && only !== undefined ? `Add ${only.name}` : `Add ${wanted.length} users`,
    look: userFacts,
    plan(facts) {
      const made = new Set<string>();
      const acts = wanted.flatMap((one) => {
        const changes = userChanges(facts, one, made);
        return changes.length === 0
          ? []
          : [{ name: `user ${one.name}`, title: `Set up ${one.name}`, changes, alone: wanted.length > 1 } satisfies Act];
      });
      return { acts };
    },
  };
}

/** @param made groups that an earlier row of the same plan makes */
function userChanges(facts: UserFacts, wanted: WantedUser, made: Set<string>): readonly Change[] {
  const problem = nameProblem(wanted.name) ?? wanted.keys.map(keyProblem).find((one) => one !== undefined);
  if (problem !== undefined) throw new SkylabError(`${wanted.name}: ${problem}`, { code: 'NotAUser' });
  const there = facts.users.find(({ name }) => name === wanted.name);
  if (there === undefined && facts.taken.includes(wanted.name)) {
    throw new SkylabError(`${wanted.name} is an account of the system itself.`, { next: 'Choose another name.', code: 'NameTaken' });
  }
  const changes: Change[] = [];
  if (there === undefined) changes.push(makeUser(facts, wanted));
  for (const line of wanted.keys) {
    const parsed = parsePublicLine(line);
    if (parsed === undefined || there?.keys.some(({ blob }) => blob === parsed.blob.toString('base64')) === true) continue;
    changes.push(letIn(wanted.name, line, there !== undefined));
  }
  for (const group of wanted.groups) {
    if (there?.groups.includes(group) === true || group === wanted.name) continue;
    if (!facts.groups.has(group) && !made.has(group)) changes.push(makeGroup(group));
    made.add(group);
    changes.push(join(wanted.name, group));
  }
  if (wanted.sudo && there?.sudo !== 'free') changes.push(giveSudo(facts, wanted.name));
  return changes;
}

function makeUser(facts: UserFacts, { name, fullName }: WantedUser): Change {
  const group = facts.groups.has(name) ? '--no-user-group' : '--user-group';
  // "*" is no password at all, and, unlike "!", no lock that would keep keys out where sshd runs without PAM
  // a folder that is there already may be what somebody left: nobody gets it by having the same name
  const script = `base=$(useradd --defaults | sed -n 's/^HOME=//p')
if [ -e "\${base:-/home}/$1" ]; then echo "\${base:-/home}/$1 is there already: move it away first" >&2; exit 1; fi
useradd --create-home --shell /bin/bash ${group} --password '*' --comment "$2" -- "$1"`;
  const comment = (fullName ?? '').replace(/[:,\p{Cc}]/gu, ' ').trim();
  return scripted(`adds the user ${name}`, script, [name, comment], {
    undo: rootScript('userdel --remove -- "$1" 2>/dev/null || :', [name], `remove ${name} again`),
  });
}

function makeGroup(name: string): Change {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new SkylabError(`The group “${name}”: ${problem}`, { code: 'NotAGroup' });
  return scripted(`makes the group ${name}`, 'getent group -- "$1" >/dev/null || groupadd -- "$1"', [name]);
}

const join = (user: string, group: string): Change =>
  scripted(`puts ${user} into the group ${group}`, 'gpasswd --add "$1" "$2" >/dev/null', [user, group], {
    undo: rootScript('gpasswd --delete "$1" "$2" >/dev/null 2>&1 || :', [user, group], `take ${user} out of ${group}`),
  });

/** What a command of a login does in its own `~/.ssh`, done by root as that user: a link there leads no further than the user may go. */
function asUser(name: string, command: RemoteCommand<unknown>): RemoteCommand {
  const script = `home=$(getent passwd -- "$1" | cut -d: -f6)
cd /
user=$1; shift
exec runuser -u "$user" -- env HOME="$home" "$@"`;
  return {
    ...rootScript(script, [name, ...command.argv], command.what ?? ''),
    ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
  };
}

function letIn(name: string, line: string, wasThere: boolean): Change {
  const parsed = parsePublicLine(line);
  const fingerprint = parsed === undefined ? '' : (keyFacts(parsed.blob)?.fingerprint ?? '');
  const comment = parsed?.comment ?? '';
  return {
    line: `lets ${name} in with the key ${comment === '' ? fingerprint : `${comment} (${fingerprint})`}`,
    command: asUser(name, installKey(line)),
    ...(wasThere && parsed !== undefined ? { undo: asUser(name, removeAuthorizedKeys([parsed.blob.toString('base64')])) } : {}),
  };
}

/** sudo passes over files whose name has a dot. */
const dropInOf = (name: string): string => `/etc/sudoers.d/skylab-${name.replaceAll('.', '_')}`;

function giveSudo(facts: UserFacts, name: string): Change {
  if (!facts.sudoers)
    throw new SkylabError('sudo is not installed on this machine.', { next: 'Install the package sudo first.', code: 'NoSudo' });
  const file = dropInOf(name);
  // visudo looks at the file before it counts, and at everything together after; a name with a dot is passed over by sudo until then
  const script = `umask 337
new=$(mktemp /etc/sudoers.d/skylab.new.XXXXXX)
trap 'rm -f "$new"' EXIT
cat >"$new"
chmod 0440 "$new"
visudo -cqf "$new"
mv -f "$new" "$1"
visudo -cq || { rm -f "$1"; echo "sudoers would be wrong with $1" >&2; exit 1; }`;
  const text = `# Written by Skylab.\n${name} ALL=(ALL:ALL) NOPASSWD: ALL\n`;
  return {
    line: `writes ${file}, checked by visudo: ${name} may do everything as root, without a password`,
    command: rootScript(script, [file], `write ${file}`, text),
    undo: rootScript('rm -f "$1"', [file], `remove ${file}`),
  };
}

/** What becomes of the files of somebody who is removed. */
export type HomeFate = 'keep' | 'archive' | 'delete';

/** Ends a login: processes, sudo, timers, then the account. */
export function removeUser(name: string, home: HomeFate): Task<UserFacts> {
  return {
    id: 'users.remove',
    title: `Remove ${name}`,
    look: userFacts,
    plan(facts) {
      const user = facts.users.find((one) => one.name === name);
      if (user === undefined) return { acts: [] };
      refuseOwn(facts, user);
      const lock = scripted(`closes the account ${name} and ends what it runs`, LOCK, [name], {
        undo: rootScript('usermod --expiredate "" -- "$1"', [name], `open the account ${name} again`),
      });
      const changes: Change[] = [lock];
      if (home === 'archive') changes.push(archive(user));
      if (facts.dropIns.includes(dropInOf(name).replace(/^.*\//, ''))) {
        changes.push(scripted(`removes ${dropInOf(name)}`, 'rm -f "$1"', [dropInOf(name)]));
      }
      changes.push(
        home === 'keep'
          ? scripted(`removes the account; ${user.home} stays, for root alone`, KEEP, [name, user.home])
          : scripted(`removes the account and ${user.home}`, REMOVE, [name]),
      );
      return { acts: [{ name: 'remove', title: `Remove ${name}`, changes }] };
    },
  };
}

const LOCK = `usermod --expiredate 1 -- "$1"
crontab -r -u "$1" 2>/dev/null || :
loginctl disable-linger "$1" 2>/dev/null || :
loginctl terminate-user "$1" 2>/dev/null || :
pkill -KILL -u "$1" 2>/dev/null || :`;

/** 8: a process that was just ended is still there. */
const REMOVE = `userdel --remove -- "$1" || {
  [ "$?" = 8 ]
  sleep 1; pkill -KILL -u "$1" || :; sleep 1
  userdel --remove -- "$1"
}`;

/** Whoever gets the number next must not get the files: the folder itself becomes root's. */
const KEEP = `userdel -- "$1" || { [ "$?" = 8 ]; sleep 1; pkill -KILL -u "$1" || :; sleep 1; userdel -- "$1"; }
if [ -d "$2" ] && [ ! -L "$2" ]; then chown root:root "$2"; chmod 0700 "$2"; fi`;

const ARCHIVES = '/var/backups/skylab';

function archive({ name, home }: MachineUser): Change {
  const script = `umask 077
mkdir -p ${ARCHIVES}; chmod 0700 ${ARCHIVES}
if [ ! -d "$2" ]; then exit 0; fi
file=${ARCHIVES}/$1-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
tar --create --gzip --one-file-system --file "$file.part" --directory "$(dirname "$2")" -- "$(basename "$2")"
gzip -t "$file.part"
mv "$file.part" "$file"`;
  return scripted(`packs ${home} into ${ARCHIVES}/${name}-DATE.tar.gz`, script, [name, home], { timeoutMs: 30 * 60_000 });
}

function refuseOwn(facts: UserFacts, { name, uid }: MachineUser): void {
  if (uid === 0) throw new SkylabError('root cannot be removed.', { code: 'OwnUser' });
  if (name === facts.me) {
    throw new SkylabError(`Skylab itself logs in as ${name}. Nothing was changed.`, {
      next: 'Add another user with sudo, log in as that one, and remove this one then.',
      code: 'OwnUser',
    });
  }
}

/** Takes away sudo without a password, as far as Skylab gave it. */
export function takeSudo(name: string): Task<UserFacts> {
  return {
    id: 'users.sudo',
    title: `Take sudo from ${name}`,
    look: userFacts,
    plan(facts) {
      const user = facts.users.find((one) => one.name === name);
      const file = dropInOf(name);
      if (user === undefined || !facts.dropIns.includes(file.replace(/^.*\//, ''))) {
        if (user === undefined || user.sudo === 'none') return { acts: [] };
        throw new SkylabError(`${name} has sudo from elsewhere than Skylab.`, {
          next: 'Look into /etc/sudoers and /etc/sudoers.d, and at the groups sudo and wheel.',
          code: 'ForeignSudo',
        });
      }
      refuseOwn(facts, user);
      return { acts: [{ name: 'sudo', title: `Take sudo from ${name}`, changes: [scripted(`removes ${file}`, 'rm -f "$1"', [file])] }] };
    },
  };
}

/** Lets one key in no longer. */
export function removeKey(name: string, blob: string, label: string): Task<UserFacts> {
  return {
    id: 'users.key',
    title: `Remove a key of ${name}`,
    look: userFacts,
    plan(facts) {
      const user = facts.users.find((one) => one.name === name);
      if (user?.keys.some((key) => key.blob === blob) !== true) return { acts: [] };
      if (name === facts.me && user.keys.length === 1) {
        throw new SkylabError(`This is the only key that lets ${name} in, as whom Skylab logs in.`, {
          next: 'Add another key first.',
          code: 'OwnKey',
        });
      }
      const change: Change = { line: `lets ${name} in with ${label} no longer`, command: asUser(name, removeAuthorizedKeys([blob])) };
      return { acts: [{ name: 'key', title: `Remove a key of ${name}`, changes: [change] }] };
    },
  };
}

/** A folder in /srv that a group shares: what is made in it belongs to the group, too. */
export function shareFolder(name: string, group: string, members: readonly string[]): Task<UserFacts> {
  return {
    id: 'users.share',
    title: `Share /srv/${name}`,
    look: userFacts,
    plan(facts) {
      const problem = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)
        ? undefined
        : 'Letters, digits, “.”, “_” and “-”, beginning with a letter or digit.';
      if (problem !== undefined)
        throw new SkylabError(`“${name}” is no name for a shared folder.`, { next: problem, code: 'NotAFolderName' });
      const unknown = members.find((one) => !facts.taken.includes(one));
      if (unknown !== undefined)
        throw new SkylabError(`There is no user ${unknown} on this machine.`, { next: 'Add the user first.', code: 'NoUser' });
      const known = facts.groups.get(group);
      const changes: Change[] = known === undefined ? [makeGroup(group)] : [];
      const there = facts.shared.find((one) => one.name === name);
      if (there?.group !== group || !/^2?77[05]$/.test(there.mode) || !there.mode.startsWith('2'))
        changes.push(folderChange(facts, name, group));
      changes.push(...members.filter((one) => known?.members.includes(one) !== true).map((one) => join(one, group)));
      if (changes.length === 0) return { acts: [] };
      const notes = [
        ...(members.length > 0 ? ['Who is logged in already belongs to the group from the next login on.'] : []),
        ...(facts.setfacl ? [] : ['Without the package acl, what a member makes may be read-only for the others.']),
      ];
      return { acts: [{ name: 'share', title: `Share /srv/${name}`, changes }], notes };
    },
  };
}

function folderChange(facts: UserFacts, name: string, group: string): Change {
  const script = `if [ -L "$1" ]; then echo "$1 is a link" >&2; exit 1; fi
mkdir -p "$1"; chown "root:$2" "$1"; chmod 2770 "$1"
${facts.setfacl ? 'setfacl --default --modify "g::rwX,g:$2:rwX" "$1" 2>/dev/null || :' : ''}`;
  return scripted(`makes /srv/${name} for the group ${group} alone; what is made in it belongs to the group`, script, [
    `/srv/${name}`,
    group,
  ]);
}
