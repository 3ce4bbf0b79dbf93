import type { Change } from '../task';
import { putFile, rootScript, scripted } from '../task';

const PROGRAM = '/usr/local/sbin/skylab-published-ports';
const UNIT = 'skylab-published-ports';

/**
 * Has Docker's published ports obey ufw. Docker forwards them past ufw's INPUT rules (https://docs.docker.com/engine/network/packet-filtering-firewalls/);
 * DOCKER-USER is the chain that it leaves to the administrator and looks at first. This program fills a chain of its own from the
 * rules that ufw keeps, and matches the port that the caller asked for, not the container's. What does not come from
 * outside to a published port is let through: answers, containers among themselves, and their way out.
 */
const SCRIPT = String.raw`#!/bin/sh
# Written by Skylab: Docker's published ports obey the rules of ufw. Run by skylab-published-ports.service.
set -eu
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
chain=SKYLAB-PUBLISHED
fill() { # iptables or ip6tables, the file with ufw's rules
  tool=$1; rules=$2
  "$tool" -w -n -L DOCKER-USER >/dev/null 2>&1 || return 0
  {
    echo "*filter"
    echo ":$chain - [0:0]"
    echo "-A $chain -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"
    echo "-A $chain -m conntrack ! --ctstate DNAT -j RETURN"
    echo "-A $chain -i docker0 -j RETURN"
    echo "-A $chain -i br-+ -j RETURN"
    if grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf; then
      awk -v chain="$chain" '
        /^### tuple ### / {
          n = NF; if ($n ~ /^comment=/) n--
          act = $4; proto = $5; ports = $6; to = $7; fromport = $8; from = $9; way = $n
          if (act !~ /^(allow|deny|reject|limit)/ || way !~ /^in(_[^!]+)?$/ || fromport != "any") next
          match_ = ""
          if (way ~ /^in_/) match_ = match_ " -i " substr(way, 4)
          if (proto != "any") match_ = match_ " -p " proto
          if (from != "0.0.0.0/0" && from != "::/0") match_ = match_ " -s " from
          match_ = match_ " -m conntrack --ctstate DNAT"
          if (to != "0.0.0.0/0" && to != "::/0") match_ = match_ " --ctorigdst " to
          target = act ~ /^(allow|limit)/ ? "RETURN" : "DROP"
          if (ports == "any") { print "-A " chain match_ " -j " target; next }
          count = split(ports, each, ",")
          for (i = 1; i <= count; i++) print "-A " chain match_ " --ctorigdstport " each[i] " -j " target
        }' "$rules"
      grep -q '^DEFAULT_INPUT_POLICY="*ACCEPT' /etc/default/ufw || echo "-A $chain -j DROP"
    fi
    echo COMMIT
  } | "$tool"-restore -w --noflush
  "$tool" -w -C DOCKER-USER -j $chain 2>/dev/null || "$tool" -w -I DOCKER-USER -j $chain
}
drop() {
  "$1" -w -D DOCKER-USER -j $chain 2>/dev/null || return 0
  "$1" -w -F $chain; "$1" -w -X $chain
}
case "$1" in
  on) fill iptables /etc/ufw/user.rules; fill ip6tables /etc/ufw/user6.rules ;;
  off) drop iptables; drop ip6tables ;;
esac
`;

const SERVICE = `# Written by Skylab.
[Unit]
Description=Docker's published ports obey ufw (Skylab)
After=docker.service ufw.service
PartOf=docker.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${PROGRAM} on
ExecReload=${PROGRAM} on
ExecStop=${PROGRAM} off

[Install]
WantedBy=docker.service
`;

/** ufw writes these files whenever a rule changes, also by hand. */
const PATH_UNIT = `# Written by Skylab.
[Unit]
Description=Watches ufw's rules for Docker's published ports (Skylab)

[Path]
PathChanged=/etc/ufw/user.rules
PathChanged=/etc/ufw/user6.rules
PathChanged=/etc/ufw/ufw.conf
PathChanged=/etc/default/ufw
Unit=${UNIT}-again.service

[Install]
WantedBy=multi-user.target
`;

const AGAIN = `# Written by Skylab.
[Unit]
Description=Reads ufw's rules anew for Docker's published ports (Skylab)
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/systemctl try-reload-or-restart ${UNIT}.service
`;

const REMOVE = `systemctl disable --now ${UNIT}.path ${UNIT}.service 2>/dev/null || :
rm -f ${PROGRAM} /etc/systemd/system/${UNIT}.service /etc/systemd/system/${UNIT}.path /etc/systemd/system/${UNIT}-again.service
systemctl daemon-reload`;

/** The changes that have published ports obey ufw's rules from now on, also after a restart of Docker or of the machine. */
export function closeBypass(): readonly Change[] {
  return [
    { line: `writes ${PROGRAM}`, command: putFile(PROGRAM, '0755', SCRIPT) },
    {
      line: `writes the units ${UNIT}.service and .path`,
      command: rootScript(
        `cd /etc/systemd/system
printf %s "$1" >${UNIT}.service; printf %s "$2" >${UNIT}.path; printf %s "$3" >${UNIT}-again.service
chmod 0644 ${UNIT}.service ${UNIT}.path ${UNIT}-again.service
systemctl daemon-reload`,
        [SERVICE, PATH_UNIT, AGAIN],
        'write the units',
      ),
      undo: rootScript(REMOVE, [], 'take the units away'),
    },
    scripted(
      'has Docker’s published ports obey the list, also after a restart',
      `systemctl enable --quiet --now ${UNIT}.path ${UNIT}.service`,
    ),
  ];
}

/** Reads ufw's rules anew at once: the watcher would do it a moment later. */
export const readAgain = `if systemctl is-enabled --quiet ${UNIT}.service 2>/dev/null; then systemctl start ${UNIT}-again.service; fi`;

/** Takes the bypass's closing away again. Shell for a way back. */
export const openBypass = REMOVE;
