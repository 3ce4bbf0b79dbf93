import type { RemoteCommand } from '../remote/command';
import { quote } from '../remote/command';
import type { CheckItem, CheckResult, CheckState } from './model';

/** Each function prints a line: the item's number, what came out, and words in base64. */
const PREAMBLE = String.raw`
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
say() { printf '%s %s %s\n' "$1" "$2" "$(printf '%s' "$3" | base64 | tr -d '\n')"; }
asroot() { if [ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null; then "$@"; else sudo -n -- "$@"; fi; }
unit() {
  command -v systemctl >/dev/null || { say "$1" unknown 'no systemd'; return; }
  state=$(systemctl is-active -- "$2" 2>/dev/null); found=$(systemctl show --property=LoadState --value -- "$2" 2>/dev/null)
  [ "$found" = not-found ] && state='not there'
  [ "$state" = active ] && say "$1" pass active || say "$1" fail "$state"
}
container() {
  command -v docker >/dev/null || { say "$1" fail 'no Docker'; return; }
  ids=$(asroot docker ps --all --quiet --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False 2>/dev/null)
  [ -n "$ids" ] || ids=$2
  states=$(asroot docker inspect --type container --format '{{.State.Status}}{{if .State.Health}} {{.State.Health.Status}}{{end}}' $ids 2>/dev/null | sort -u)
  case $states in
    '') say "$1" fail 'not there' ;;
    running|'running healthy') say "$1" pass "$states" ;;
    *) say "$1" fail "$(printf '%s' "$states" | tr '\n' ',')" ;;
  esac
}
disk() {
  set -- "$1" "$2" "$3" "$(df -P -k -- "$3" 2>/dev/null | awk 'NR == 2 { printf "%d", ($3 + $4 > 0) ? 100 * $4 / ($3 + $4) : 0 }')"
  [ -n "$4" ] || { say "$1" unknown "$3 is not there"; return; }
  [ "$4" -ge "$2" ] && say "$1" pass "$4 % free" || say "$1" fail "$4 % free"
}
backup() {
  newest=$(asroot find "$2" -maxdepth 1 -type f -name "$3" -printf '%T@ %s %f\n' 2>/dev/null | sort -n | tail -n 1)
  [ -n "$newest" ] || { say "$1" fail 'there is none'; return; }
  time=${'$'}{newest%%.*}; rest=${'$'}{newest#* }; size=${'$'}{rest%% *}; name=${'$'}{rest#* }
  age=$((($(date +%s) - time) / 3600))
  if [ "$size" = 0 ]; then say "$1" fail "$name is empty"
  elif [ "$age" -ge "$4" ]; then say "$1" fail "$name is $age hours old"
  else say "$1" pass "$name, $age hours old"; fi
}
`;

/** What the machine itself is asked about, in one round trip. Changes nothing. */
export function machineChecks(items: readonly CheckItem[]): RemoteCommand<ReadonlyMap<number, CheckResult>> {
  const lines = items.flatMap(({ look }, index) => {
    const call = (name: string, ...words: (string | number)[]) => [[name, String(index), ...words.map(String)].map(quote).join(' ')];
    switch (look.kind) {
      case 'unit':
        return call('unit', look.unit);
      case 'container':
        return call('container', look.container);
      case 'diskFree':
        return call('disk', look.percent, look.on);
      case 'backup': {
        const cut = look.path.lastIndexOf('/');
        return call('backup', look.path.slice(0, cut) || '/', look.path.slice(cut + 1) || '*', look.youngerThan);
      }
      default:
        return [];
    }
  });
  return { argv: ['sh', '-s'], stdin: `${PREAMBLE}${lines.join('\n')}\nexit 0\n`, parse: parseChecks, what: 'look at the machine' };
}

function parseChecks(text: string): ReadonlyMap<number, CheckResult> {
  return new Map(
    text.split('\n').flatMap((line): [number, CheckResult][] => {
      const [index = '', state = '', said = ''] = line.split(' ');
      if (!/^\d+$/.test(index) || !isState(state)) return [];
      return [[Number(index), { state, said: Buffer.from(said, 'base64').toString('utf8') }]];
    }),
  );
}

const isState = (word: string): word is CheckState => word === 'pass' || word === 'fail' || word === 'unknown';
