import type { RemoteCommand } from '../remote/command';
import { taggedLines } from '../remote/taggedLines';
import type { App } from './model';
import { appLook, RELEASE_FILE } from './shell';
import { socketPath } from './units';

export interface UnitFact {
  readonly name: string;
  /** active, inactive, failed, activating. */
  readonly state: string;
  /** `success`, `exit-code`, `oom-kill`, `timeout`. */
  readonly result: string;
  readonly code: number;
}

/** One question and its answer. */
interface Answer {
  /** 0 where none came. */
  readonly status: number;
  readonly seconds: number;
}

/** What the explanation of a 502, 503 or 504 rests on. */
export interface TroubleFacts {
  readonly maintenance: boolean;
  /** Id of the release in place; empty where there is none. */
  readonly current: string;
  readonly commit: string;
  readonly units: readonly UnitFact[];
  readonly proxyState: string;
  readonly socket?: { readonly owner: string; readonly group: string; /** Octal. */ readonly mode: string };
  /** The web server's user may open the socket. */
  readonly proxyMay: boolean;
  /** Seconds that the web server waits for an answer, where its file says so. */
  readonly proxyTimeout?: number;
  /** Asked at the socket, and as the world asks. */
  readonly direct: Answer;
  readonly proxied: Answer;
  /** The last lines of gunicorn's journal, an hour back at most. */
  readonly journal: readonly string[];
  /** The last request that was answered with an error of the server's: `GET /slow`. */
  readonly late: string;
  /** What the kernel said of processes of its that it ended. */
  readonly oom: readonly string[];
  /** Free bytes and inodes where it writes. */
  readonly disks: readonly { readonly path: string; readonly free: number; readonly inodes: number }[];
}

const SCRIPT = String.raw`
set +e
proxy=$1 socket=$2 path=$3 host=$4 scheme=$5; shift 5
[ -e "$root/shared/maintenance.on" ] && echo maintenance
current=$(readlink "$root/current"); current=${'$'}{current##*/}
[ -d "$root/current/app" ] && echo "current $current" && echo "commit $(sed -n 's/.*"commit": *"\([0-9a-f]*\)".*/\1/p' "$root/current/${RELEASE_FILE}")"
for unit; do
  echo "unit $unit $(systemctl show --property=ActiveState,Result,ExecMainStatus "$unit" | sed 's/^/ /' | tr -d '\n')"
done
echo "proxy $(systemctl is-active "$proxy")"
user=$proxy
if [ "$proxy" = nginx ]; then user=$(sed -n 's/^ *user  *\([a-z_-]*\).*/\1/p' /etc/nginx/nginx.conf | head -n 1); fi
if [ -S "$socket" ]; then
  echo "socket $(stat -c '%U %G %a' "$socket")"
  runuser -u "$user" -- test -w "$socket" && echo may
fi
grep -ohE '(proxy_read_timeout|response_header_timeout) +[0-9]+' "/etc/caddy/skylab/$name.caddy" "/etc/nginx/sites-enabled/$name" "/etc/nginx/conf.d/$name.conf" 2>/dev/null | sed -n 's/.* /limit /p' | head -n 1
journalctl --no-pager --output=cat --unit "$name.service" --since=-1h --lines 80 | grep -v '" [1-5][0-9][0-9] ' | tail -n 60 | sed 's/^/journal /'
journalctl --no-pager --output=cat --dmesg --since=-1day --grep='Out of memory|oom-kill|Memory cgroup out of memory' 2>/dev/null | grep "$name" | tail -n 3 | sed 's/^/oom /'
if [ "$proxy" = nginx ]; then
  tail -n 200 "/var/log/nginx/$name.access.log" 2>/dev/null | grep -E '" 50[0-9] ' | tail -n 1 | sed -n 's/[^"]*"\([A-Z]* [^ ?"]*\).*/late \1/p'
else
  tail -n 200 "/var/log/caddy/$name.log" 2>/dev/null | grep -E '"status":50[0-9]' | tail -n 1 | sed -n 's/.*"method":"\([A-Z]*\)".*"uri":"\([^"?]*\).*/late \1 \2/p'
fi
for place in "$root" /var/log /tmp; do
  echo "disk $place $(df -P -B1 "$place" | awk 'NR == 2 { print $4 }') $(df -P -i "$place" | awk 'NR == 2 { print ($2 == 0 ? 1 : $4) }')"
done
ask() { kind=$1; shift; echo "$kind $(curl -ksS -o /dev/null -w '%{http_code} %{time_total}' --max-time 8 "$@" 2>/dev/null)"; }
ask direct --unix-socket "$socket" -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-For: 127.0.0.1' "http://$host$path"
ask proxied --resolve "$host:80:127.0.0.1" --resolve "$host:443:127.0.0.1" "$scheme://$host$path"
exit 0`;

/** Looks at everything that stands between a request and its answer. Changes nothing. */
export function troubleFacts(app: App, units: readonly string[]): RemoteCommand<TroubleFacts> {
  const { proxy, health } = app;
  return appLook(app, '', `look at ${app.name}`, SCRIPT, {
    values: [proxy.kind, socketPath(app.name), health.path, proxy.domain, proxy.https ? 'https' : 'http', ...units],
    parse: parseTrouble,
  });
}

function parseTrouble(text: string): TroubleFacts {
  const of = taggedLines(text);
  const lines = (key: string): readonly string[] => of.get(key) ?? [];
  const answer = (key: string): Answer => {
    const [status = '0', seconds = '0'] = (lines(key)[0] ?? '').split(' ');
    return { status: Number(status), seconds: Number(seconds) };
  };
  const [owner, group, mode] = (lines('socket')[0] ?? '').split(' ');
  const [limit] = lines('limit');
  return {
    maintenance: of.has('maintenance'),
    current: lines('current')[0] ?? '',
    commit: lines('commit')[0] ?? '',
    units: lines('unit').map((line) => {
      const value = (key: string): string => new RegExp(`${key}=(\\S*)`).exec(line)?.[1] ?? '';
      return {
        name: line.split(' ')[0] ?? '',
        state: value('ActiveState'),
        result: value('Result'),
        code: Number(value('ExecMainStatus')),
      };
    }),
    proxyState: lines('proxy')[0] ?? '',
    ...(owner && group && mode ? { socket: { owner, group, mode } } : {}),
    proxyMay: of.has('may'),
    ...(limit === undefined ? {} : { proxyTimeout: Number(limit) }),
    direct: answer('direct'),
    proxied: answer('proxied'),
    journal: lines('journal'),
    late: lines('late')[0] ?? '',
    oom: lines('oom'),
    disks: lines('disk').map((line) => {
      const [path = '', free = '0', inodes = '1'] = line.split(' ');
      return { path, free: Number(free), inodes: Number(inodes) };
    }),
  };
}
