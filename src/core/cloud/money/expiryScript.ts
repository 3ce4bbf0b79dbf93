/** Where the script lives on a machine. */
export const END_SCRIPT = '/usr/local/lib/skylab/end';

/**
 * Asks every Jupyter server of the machine, or of the container that it is run in, for its kernels. Prints `busy` for each that computes
 * and `unknown` for each server that does not say (Jupyter Server's REST API, GET /api/kernels).
 */
const kernels = String.raw`
import glob, json, ssl, urllib.error, urllib.request
homes = ["/root"] + glob.glob("/home/*")
for path in [p for h in homes for p in glob.glob(h + "/.local/share/jupyter/runtime/*server-*.json")]:
    try:
        s = json.load(open(path))
        ask = urllib.request.Request(s["url"] + "api/kernels", headers={"Authorization": "token " + s["token"]})
        for k in json.load(urllib.request.urlopen(ask, timeout=5, context=ssl._create_unverified_context())):
            if k.get("execution_state") not in ("idle", "dead"): print("busy")
    except urllib.error.URLError as e:
        if not isinstance(getattr(e, "reason", None), ConnectionRefusedError): print("unknown")
    except Exception:
        print("unknown")
`.trim();

/**
 * The script that ends a machine. `arm` is `set` on a machine that has no end of its own yet. Its timer runs `tick` each minute; nobody but the machine itself is needed for it.
 * Time is up at an absolute time, so reboots change nothing; a machine that was off (or asleep) when its time came gets an hour.
 * For idleness, whatever cannot be told counts as use.
 */
const script = String.raw`#!/bin/sh
# Skylab: ends this machine when its time is up or nobody uses it.
# As root: end status | end extend MINUTES | end off | end set due=EPOCH idle=MINUTES action=stop|terminate
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
lib=/usr/local/lib/skylab state=/var/lib/skylab/end run=/run/skylab-end motd=/run/motd.d/skylab
now=$(date +%s)
id=$(cat /var/lib/cloud/data/instance-id 2>/dev/null)
num() { case $1 in '' | *[!0-9]*) echo 0 ;; *) echo "$1" ;; esac; }
get() { sed -n "s/^$1=//p" $state 2>/dev/null | tail -n 1; }
mark() { num "$(cat $run/$1 2>/dev/null)"; }
# an image of an armed machine carries the state along: it is not this machine's
load() {
  due=$(num "$(get due)") idle=$(num "$(get idle)") action=$(get action)
  [ "$action" = terminate ] || action=stop
  [ "$(get id)" = "$id" ] || due=0 idle=0 action=stop
}
save() {
  mkdir -p /var/lib/skylab && printf 'id=%s\ndue=%s\nidle=%s\naction=%s\n' "$id" $due $idle $action >$state.new && mv -f $state.new $state
}
clock() { date -d "@$1" '+%a %H:%M %Z' 2>/dev/null || date -u '+%H:%M UTC'; }
ends() { if [ $action = terminate ]; then echo 'is DELETED, with its disk,'; else echo 'stops'; fi; }
say() { echo "$1" | wall 2>/dev/null; logger -t skylab-end "$1" 2>/dev/null; echo "$1"; }
note() {
  mkdir -p /run/motd.d
  { [ $due = 0 ] || echo "This machine $(ends) by itself at $(clock $due). More time: sudo sh $lib/end extend 60"
    [ $idle = 0 ] || echo "This machine $(ends) by itself after $idle minutes in which nobody uses it."; } >$motd
}
finish() {
  say "This machine $(ends) now: $1."
  sync
  if [ -e $run/ended ]; then systemctl poweroff -f; else : >$run/ended; shutdown -P now || systemctl poweroff || poweroff -f; fi
  exit 0
}

# Seconds since the epoch of the last use, as far as logins, work and traffic tell; why says what it was.
use() {
  then=$(mark looked) used=$(mark used) why=
  echo $now >$run/looked
  # hundredths of a processor's second, of the machine's own control group (version 2, then 1) where it is a container
  cpu=$(awk '$1 == "usage_usec" { printf "%.0f", $2 / 10000 }' /sys/fs/cgroup/cpu.stat 2>/dev/null)
  [ -n "$cpu" ] || cpu=$(awk '{ printf "%.0f", $1 / 10000000 }' /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null)
  [ -n "$cpu" ] || cpu=$(awk '$1 == "cpu" { printf "%.0f", $2 + $3 + $4 + $7 + $8 }' /proc/stat)
  net=$(sed 's/:/ /' /proc/net/dev | awk '$1 !~ /^(lo|docker|veth|br-)/ { s += $2 + $10 } END { printf "%.0f", s }')
  if [ $then -gt 0 ] && [ $now -gt $then ]; then
    share=$(( (cpu - $(mark cpu)) / (now - then) )) rate=$(( (net - $(mark net)) / (now - then) ))
    [ $share -lt 10 ] || { why="it computes ($share% of a processor)" used=$now; }
    [ $rate -lt 10000 ] || { why="it sends or receives ($((rate / 1000)) kB a second)" used=$now; }
  fi
  echo $cpu >$run/cpu; echo $net >$run/net
  if out=$(ss -Htnip state established 2>/dev/null) && [ -n "$(ss -Htlnp 2>/dev/null)" ]; then
    # a connection whose other side is gone hears nothing: neither data nor acknowledgements
    quiet=$(printf '%s\n' "$out" | awk '
      function since(word) { return match($0, word ":[0-9]+") ? substr($0, RSTART + length(word) + 1, RLENGTH - length(word) - 1) + 0 : 0 }
      /users:\(\("sshd/ { ssh = 1; next }
      ssh { a = since("lastrcv"); b = since("lastack"); m = a < b ? a : b; if (!n++ || m < least) least = m; ssh = 0 }
      END { if (n) printf "%d", least / 1000 }')
    if [ -n "$quiet" ] && [ $((now - quiet)) -gt $used ]; then used=$((now - quiet)) why='somebody is logged in by SSH'; fi
    people=$(who 2>/dev/null | awk '$2 !~ /^(pts|sshd)/')
  else
    people=$(who 2>/dev/null) || people=unknown
  fi
  [ -z "$people" ] || { why='somebody is logged in' used=$now; }
  echo $used >$run/used; [ -z "$why" ] || echo "$why" >$run/why
}

# Asked only before the end: whether a notebook computes, on the machine or in a container.
notebooks() {
  said=
  command -v python3 >/dev/null 2>&1 && said=$(timeout 60 python3 $lib/kernels.py 2>/dev/null)
  if command -v docker >/dev/null 2>&1; then
    boxes=$(timeout 20 docker ps -q 2>/dev/null)
    [ $? != 124 ] || said="$said unknown"
    for box in $boxes; do
      said="$said $(timeout 60 docker exec -i "$box" python3 - <$lib/kernels.py 2>/dev/null | grep -E '^(busy|unknown)$')"
    done
  fi
  case $said in *busy*) why='a notebook computes' ;; *unknown*) why='a Jupyter server does not say whether it computes' ;; *) return 0 ;; esac
  echo $now >$run/used; echo "$why" >$run/why
  return 1
}

tick() {
  load
  [ $((due + idle)) -gt 0 ] || { rm -f $motd; exit 0; }
  seen=$(mark seen)
  echo $now >$run/seen
  if [ $((now - seen)) -gt 600 ]; then
    rm -f $run/told* $run/looked
    echo $now >$run/used
    if [ $due -gt 0 ] && [ $now -ge $due ]; then
      due=$((now + 3600)); save
      say "This machine was started after its end. It $(ends) in an hour, at $(clock $due), unless somebody gives it more time."
    fi
  fi
  note
  if [ $due -gt 0 ]; then
    left=$((due - now))
    [ $left -gt 0 ] || finish 'its time is up'
    for minutes in 5 15; do
      if [ $left -le $((minutes * 60)) ]; then
        [ -e $run/told$minutes ] || say "This machine $(ends) by itself in $(( (left + 59) / 60 )) minutes, at $(clock $due). More time: sudo sh $lib/end extend 60"
        : >$run/told15; [ $minutes = 15 ] || : >$run/told5
        break
      fi
    done
  fi
  if [ $idle -gt 0 ]; then
    use
    if [ $((now - used)) -ge $((idle * 60)) ] && notebooks; then finish "nobody has used it for $idle minutes"; fi
  fi
}

set_end() {
  load
  for word in "$@"; do
    case $word in
      due=*) due=$(num "${'${word#due=}'}") ;;
      idle=*) idle=$(num "${'${word#idle=}'}") ;;
      action=stop | action=terminate) action=${'${word#action=}'} ;;
      *) echo "end: what is '$word'?" >&2; exit 2 ;;
    esac
  done
  rm -f $run/told* $run/ended $run/why
  echo $now >$run/seen; echo $now >$run/used
  save && note
}

# one at a time: a look that began before a change must not undo it
case $1 in tick | set | arm | extend | off) mkdir -p $run; exec 9>$run/lock; flock -w 90 9 2>/dev/null ;; esac
case $1 in
  tick) tick ;;
  set) shift; set_end "$@" ;;
  arm) shift; [ -e $state ] && [ "$(get id)" = "$id" ] || set_end "$@" ;;
  extend)
    load; more=$(num "$2"); [ $more -gt 0 ] || { echo 'end: extend by how many minutes?' >&2; exit 2; }
    [ $due -ge $now ] || due=$now
    set_end due=$((due + more * 60)); cat $motd ;;
  off) set_end due=0 idle=0; rm -f $motd ;;
  status)
    load
    echo "now=$now"; echo "due=$due"; echo "idle=$idle"; echo "action=$action"; echo "used=$(mark used)"
    echo "timer=$(systemctl is-active skylab-end.timer 2>/dev/null)"; echo "why=$(cat $run/why 2>/dev/null)" ;;
  *) echo 'end: status, extend MINUTES, off, or set due=EPOCH idle=MINUTES action=stop|terminate' >&2; exit 2 ;;
esac
`;

const service = `[Unit]
Description=End this machine when its time is up (Skylab)
[Service]
Type=oneshot
ExecStart=/bin/sh ${END_SCRIPT} tick
`;

const timer = `[Unit]
Description=Look each minute whether this machine's time is up (Skylab)
[Timer]
OnCalendar=minutely
AccuracySec=5s
[Install]
WantedBy=timers.target
`;

const file = (path: string, text: string): string => `cat >${path} <<'SKYLAB_END'\n${text.replace(/\n*$/, '\n')}SKYLAB_END\n`;

/**
 * Shell text that puts script and timer on a machine and starts the timer; run by root, as often as one likes. It does not wait for the
 * timer, since cloud-init's first stage runs before systemd starts timers.
 */
export const installEnd = `umask 022
mkdir -p /usr/local/lib/skylab
${file(`${END_SCRIPT}.new`, script)}mv -f ${END_SCRIPT}.new ${END_SCRIPT}
${file('/usr/local/lib/skylab/kernels.py', kernels)}${file('/etc/systemd/system/skylab-end.service', service)}${file('/etc/systemd/system/skylab-end.timer', timer)}systemctl daemon-reload
systemctl enable --quiet skylab-end.timer
systemctl start --no-block skylab-end.timer
`;
