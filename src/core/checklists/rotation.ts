import type { RemoteCommand } from '../remote/command';
import type { CheckResult, SecretKind } from './model';

/** How old a machine's secrets are: names and times, never values. Milliseconds since the epoch. */
export interface SecretAges {
  /** Lines of authorized_keys: what stands at their end, and when the file was last changed. */
  readonly login: { readonly names: readonly string[]; readonly changed: number | undefined };
  readonly deploy: readonly Dated[];
  readonly host: readonly Dated[];
  /** Variables of deployed stacks whose names speak of a secret: since when they have had their value, at least. */
  readonly env: readonly (Dated & { readonly stack: string; /** The value is older than what is kept. */ readonly orOlder: boolean })[];
}

interface Dated {
  readonly name: string;
  readonly since: number;
}

/** A value is compared on the machine, release by release; what is printed is a name and a time. */
const SCRIPT = String.raw`
export LC_ALL=C; cd || exit
for f in .ssh/authorized_keys; do
  [ -r "$f" ] && echo "login $(stat -c %Y "$f")" && awk 'NF && !/^#/ { print "name " $NF }' "$f"
done
for f in .ssh/*; do
  [ -f "$f" ] && head -n 1 "$f" 2>/dev/null | grep -q 'PRIVATE KEY' && echo "deploy $(stat -c %Y "$f") $(basename "$f")"
done
for f in /etc/ssh/ssh_host_*_key.pub; do [ -e "$f" ] && echo "host $(stat -c %Y "$f") $(basename "$f" .pub)"; done
for dir in skylab/*/; do
  stack=$(basename "$dir"); current=$(basename "$(readlink "$dir/current" 2>/dev/null)" 2>/dev/null)
  [ -n "$current" ] && [ -r "$dir/releases/$current/.env" ] || continue
  releases=$(ls -1 "$dir/releases" | grep -E '^[0-9]{8}-[0-9]{6}-[0-9a-f]+$' | sort -r)
  for key in $(sed -n 's/^ *\(export  *\)\{0,1\}\([A-Za-z_][A-Za-z0-9_]*\)=.*/\2/p' "$dir/releases/$current/.env" | grep -iE 'PASSW|SECRET|TOKEN|API_?KEY|PRIVATE'); do
    value=$(grep -E "^ *(export +)?$key=" "$dir/releases/$current/.env" | tail -n 1)
    case $value in *=|*=\'\'|*='""') continue ;; esac
    since=$current; older=older
    for one in $releases; do
      expr "$one" '<' "$current" >/dev/null || continue
      if [ "$(grep -E "^ *(export +)?$key=" "$dir/releases/$one/.env" 2>/dev/null | tail -n 1)" = "$value" ]; then since=$one; else older=exact; break; fi
    done
    echo "env $since $older $stack $key"
  done
done
exit 0
`;

export const secretAges: RemoteCommand<SecretAges> = {
  argv: ['sh', '-s'],
  stdin: SCRIPT,
  what: 'see how old the secrets are',
  parse: parseAges,
};

function parseAges(text: string): SecretAges {
  const rows = text.split('\n').map((line) => line.split(' '));
  const of = (word: string): readonly string[][] => rows.filter(([first]) => first === word).map(([, ...rest]) => rest);
  const dated = ([time, ...name]: readonly string[]): Dated => ({ name: name.join(' '), since: Number(time) * 1000 });
  const [login] = of('login');
  return {
    login: { names: of('name').map((words) => words.join(' ')), changed: login === undefined ? undefined : Number(login[0]) * 1000 },
    deploy: of('deploy').map(dated),
    host: of('host').map(dated),
    env: of('env').map(([release = '', older, stack = '', name = '']) => ({
      name,
      stack,
      since: releaseTime(release),
      orOlder: older === 'older',
    })),
  };
}

/** `20261121-093000-4f2a`. */
function releaseTime(id: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(id) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const GITHUB = /GITHUB|OAUTH|CLIENT_SECRET/i;
const SITE_PASSWORD = /PASSW/i;

/**
 * What can be told of a secret's age.
 * @param olderThan days from which it is too old; without, a person decides
 * @param now milliseconds since the epoch
 */
export function judgeAge(secret: SecretKind, ages: SecretAges, olderThan: number | undefined, now: number): CheckResult {
  const env = ages.env.filter(({ name }) => {
    if (secret === 'githubSecret') return GITHUB.test(name);
    if (secret === 'sitePassword') return SITE_PASSWORD.test(name) && !GITHUB.test(name) && !/DB|DATABASE|POSTGRES|MYSQL|REDIS/i.test(name);
    return secret === 'envSecrets' && !GITHUB.test(name);
  });
  switch (secret) {
    case 'loginKeys': {
      const { names, changed } = ages.login;
      if (changed === undefined) return { state: 'unknown', said: 'no list of keys' };
      return { state: 'open', said: `${names.join(', ')}; the list was changed ${ageText(changed, now)} ago` };
    }
    case 'deployKeys':
      return judged(ages.deploy, olderThan, now, 'the machine has no key of its own');
    case 'hostKeys':
      return judged(ages.host, olderThan, now, 'none are to be seen');
    case 'certificate':
      return { state: 'open', said: '' };
    default:
      return judged(
        env.map(({ name, stack, since, orOlder }) => ({ name: `${name} of ${stack}${orOlder ? ', at least' : ''}`, since })),
        olderThan,
        now,
        'no stack has one',
      );
  }
}

function judged(all: readonly Dated[], olderThan: number | undefined, now: number, none: string): CheckResult {
  if (all.length === 0) return { state: 'pass', said: none };
  const said = all.map(({ name, since }) => `${name}: ${ageText(since, now)}`).join('; ');
  if (olderThan === undefined) return { state: 'open', said };
  return { state: all.some(({ since }) => now - since > olderThan * 86_400_000) ? 'fail' : 'pass', said };
}

function ageText(since: number, now: number): string {
  const days = Math.max(0, Math.floor((now - since) / 86_400_000));
  return days === 0 ? 'less than a day' : days === 1 ? 'one day' : `${days} days`;
}
