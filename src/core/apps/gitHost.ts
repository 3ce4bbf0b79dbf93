import { SkylabError } from '../errors';
import { sha256Of } from '../ssh/keys/publicKeys';
import type { App } from './model';

/** A git server that is reached by SSH. */
export interface GitHost {
  readonly host: string;
  readonly port: string;
  /** As it stands in a known_hosts file: `github.com`, `[git.example.org]:2222`. */
  readonly name: string;
}

/** What the server shows now, held against what is known of it. */
export interface HostKeyFound {
  /**
   * `known`: the one that was written down. `vouched`: the person, or the service itself, says that it is right. `first`: nobody says
   * anything. `changed`: another than was written down. `foreign`: none of those that were vouched for. `silent`: none came.
   * `unable`: the machine has no ssh.
   */
  readonly state: 'known' | 'vouched' | 'first' | 'changed' | 'foreign' | 'silent' | 'unable';
  /** Type and base64 of the key; what ssh-keyscan said where none came. */
  readonly said: string;
}

interface Service {
  readonly title: string;
  readonly hosts: readonly string[];
  readonly keys: readonly string[];
}

/**
 * What services publish of their keys.
 * Sources: docs.github.com "GitHub's SSH key fingerprints"; docs.gitlab.com "GitLab.com settings"; support.atlassian.com "Configure SSH
 * and two-step verification"; docs.codeberg.org "Verifying you're connected to Codeberg using SSH fingerprints"
 */
const SERVICES: readonly Service[] = [
  {
    title: 'GitHub',
    hosts: ['github.com', 'ssh.github.com'],
    keys: [
      'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
      'SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM',
      'SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s',
    ],
  },
  {
    title: 'GitLab',
    hosts: ['gitlab.com', 'altssh.gitlab.com'],
    keys: [
      'SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8',
      'SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw',
      'SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ',
    ],
  },
  {
    title: 'Bitbucket',
    hosts: ['bitbucket.org', 'altssh.bitbucket.org'],
    keys: [
      'SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM',
      'SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0',
      'SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E',
    ],
  },
  {
    title: 'Codeberg',
    hosts: ['codeberg.org'],
    keys: [
      'SHA256:mIlxA9k46MmM6qdJOdMnAQpzGxF4WIVVL+fj+wZbw0g',
      'SHA256:T9FYDEHELhVkulEKKwge5aVhVTbqCW0MIRwAfpARs/E',
      'SHA256:6QQmYi4ppFS4/+zSZ5S4IU+4sa6rwvQ4PbhCtPEBekQ',
    ],
  },
];

/** The server behind an address; undefined where it is not reached by SSH. Source: gitprotocol and git-clone(1), "GIT URLS" */
export function gitHostOf(git: string): GitHost | undefined {
  const [, bracketed, plain, port = '22'] = /^ssh:\/\/(?:[^@/]*@)?(?:\[([^\]/]+)\]|([^:/]+))(?::(\d+))?\//.exec(git) ?? [];
  const short = git.includes('://') ? undefined : /^[^@/:]+@([^@/:]+):/.exec(git)?.[1];
  const host = (bracketed ?? plain ?? short)?.toLowerCase();
  if (host === undefined) return undefined;
  return { host, port, name: port === '22' ? host : `[${host}]:${port}` };
}

const serviceOf = (host: GitHost): Service | undefined => SERVICES.find(({ hosts }) => hosts.includes(host.host));

/** Fingerprints of which one has to be the server's: what the person has pinned, or what the service publishes; none where nobody says. */
export function wantedKeys({ source }: App): readonly string[] {
  const host = gitHostOf(source.git);
  if (host === undefined) return [];
  if (source.hostKey !== undefined) return [fingerprintOfPin(source.hostKey)];
  return serviceOf(host)?.keys ?? [];
}

function fingerprintOfPin(pin: string): string {
  const blob = /^[a-z0-9@.-]+ +([A-Za-z0-9+/]+=*)/.exec(pin)?.[1];
  return blob === undefined ? pin.replace(/=+$/, '') : sha256Of(Buffer.from(blob, 'base64'));
}

/** Options of ssh by which only the key counts that was written down. The file's path follows. */
export const STRICT_SSH =
  '-o BatchMode=yes -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null -o CheckHostIP=no -o UserKnownHostsFile=';

/**
 * Says what is to be thought of the server's key: `host STATE TYPE BASE64`. Needs `host`, `port`, `hostname`, `wants` (fingerprints) and
 * `own`, a folder that only root reads; sets `state` and `chosen`. A key that is written down is not asked for: ssh compares it, and
 * servers shut out whoever often asks without logging in (sshd_config(5), "PerSourcePenalties"). Where ssh then finds another,
 * `judge_host` asks.
 */
export const LOOK_AT_HOST = String.raw`
exec 3>&1
state= chosen=
wanted() {
  while read -r type blob; do
    print=$(printf '%s %s\n' "$type" "$blob" | ssh-keygen -lf - | cut -d' ' -f2)
    [ -n "$print" ] || continue
    case " $wants " in *" $print "*) echo "$type $blob"; return ;; esac
  done <"$1"
}
scan() {
  timeout 40 ssh-keyscan -T 10 -p "$port" -t "$1" "$host" >"$own/scan" 2>"$own/scan.said"
  for kind in ssh-ed25519 ecdsa-sha2 ssh-rsa; do sed -n "s/^[^# ][^ ]* \($kind\)/\1/p" "$own/scan"; done >>"$own/shown"
}
judge_host() {
  : >"$own/shown"
  scan ed25519
  if [ -n "$wants" ]; then chosen=$(wanted "$own/shown"); else chosen=$(head -n 1 "$own/shown"); fi
  [ -n "$chosen" ] || scan ecdsa,rsa
  if [ ! -s "$own/shown" ]; then state=silent chosen=$(grep -v '^#' "$own/scan.said" | tail -n 1)
  elif [ -n "$wants" ]; then
    state=vouched chosen=$(wanted "$own/shown")
    [ -n "$chosen" ] || state=foreign chosen=$(head -n 1 "$own/shown")
  else
    chosen=$(head -n 1 "$own/shown")
    if [ -s "$own/known" ]; then state=changed; else state=first; fi
  fi
  echo "host $state $chosen" >&3
}
if [ -n "$host" ] && ! command -v ssh-keyscan >/dev/null; then state=unable; echo "host unable"
elif [ -n "$host" ]; then
  ssh-keygen -F "$hostname" -f "$root/known_hosts" 2>/dev/null | sed -n '/^#/!s/^[^ ]* //p' >"$own/known"
  if [ -n "$wants" ]; then chosen=$(wanted "$own/known"); else chosen=$(head -n 1 "$own/known"); fi
  if [ -n "$chosen" ]; then state=known; echo "host known $chosen"; else judge_host; fi
fi
`;

/** Reads what `LOOK_AT_HOST` prints after `host`, the last time. */
export function parseHostKey(line: string | undefined): HostKeyFound | undefined {
  const [, state, said = ''] = /^(\w+) ?(.*)$/.exec(line ?? '') ?? [];
  return state === undefined ? undefined : { state: state as HostKeyFound['state'], said };
}

/** `SHA256:… (ED25519)`, as ssh shows it. */
function shown({ said }: HostKeyFound): string {
  const [type = '', blob = ''] = said.split(' ');
  const kind = /ed25519|ecdsa|rsa/.exec(type)?.[0].toUpperCase() ?? type;
  return `${sha256Of(Buffer.from(blob, 'base64'))} (${kind})`;
}

/** @throws SkylabError where the server's key is not to be believed, or none came */
export function refuseHostKey({ source }: App, found: HostKeyFound | undefined): void {
  const host = gitHostOf(source.git);
  if (host === undefined || found === undefined) return;
  const pin = 'write its fingerprint at source.hostKey and deploy again';
  if (found.state === 'changed') {
    throw new SkylabError(`${host.name} shows another key than before: ${shown(found)}. Nothing was fetched.`, {
      code: 'HostKeyChanged',
      next: `Ask its owner whether the key was changed; if it was, ${pin}.`,
    });
  }
  if (found.state === 'foreign') {
    const service = source.hostKey === undefined ? serviceOf(host) : undefined;
    const instead = service ? `none of those that ${service.title} publishes` : 'not the one at source.hostKey';
    throw new SkylabError(`${host.name} shows the key ${shown(found)}, which is ${instead}. Nothing was fetched.`, {
      code: 'HostKeyChanged',
      next: `Somebody may stand between. If its owner names this key as theirs, ${pin}.`,
    });
  }
  if (found.state === 'silent') {
    throw new SkylabError(`The machine gets no key from ${host.name}${found.said === '' ? '.' : `: ${found.said}`}`, {
      code: 'GitFailed',
      next: `See whether it may reach port ${host.port} there, or name the https address of the repository.`,
    });
  }
  if (found.state === 'unable') {
    throw new SkylabError(`The machine has no ssh with which it could ask ${host.name} for its key.`, {
      code: 'NoSshClient',
      next: 'Install openssh-clients there, and deploy again.',
    });
  }
}

/** What the person should know of the server's key. */
export function hostKeyNotes({ source }: App, found: HostKeyFound | undefined): readonly string[] {
  const host = gitHostOf(source.git);
  if (host === undefined || found === undefined) return [];
  if (found.state === 'known') return [`${host.name} shows the key that is known of it: ${shown(found)}.`];
  if (found.state === 'first') {
    return [`${host.name} shows the key ${shown(found)} for the first time. Compare it with what its owner says.`];
  }
  const who = source.hostKey === undefined ? `${serviceOf(host)?.title ?? 'its owner'} publishes` : 'source.hostKey names';
  return [`${host.name} shows the key that ${who}: ${shown(found)}.`];
}

/** The line to write down, and how a person reads it; undefined where that was done. */
export function hostKeyToWrite(
  { source }: App,
  found: HostKeyFound | undefined,
): { readonly line: string; readonly text: string } | undefined {
  const host = gitHostOf(source.git);
  if (host === undefined || found === undefined || found.state === 'known') return undefined;
  return { line: `writes down the key of ${host.name}: ${shown(found)}`, text: `${host.name} ${found.said}` };
}
