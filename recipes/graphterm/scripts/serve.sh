#!/bin/sh
set -eu
. scripts/service.sh
put() { # path, mode; the text is standard input
  cat >"$1.new"
  chmod "$2" "$1.new"
  mv -f "$1.new" "$1"
}
for file in /etc/graphterm.conf /etc/systemd/system/graphterm.service; do
  if [ -e "$file" ]; then cp -p "$file" "$file.before"; else rm -f "$file.before"; fi
done
# With the rules of the old settings, where there are some.
systemctl stop graphterm.service 2>/dev/null || true
conf | put /etc/graphterm.conf 0644
unit | put /etc/systemd/system/graphterm.service 0644
put /usr/local/sbin/graphterm-start 0755 <scripts/graphterm-start
echo 'set -o ignoreeof' | put /etc/profile.d/graphterm.sh 0644
chmod go-rwx "$(getent passwd "$user" | cut -d: -f6)"
if [ -n "${GRAPHTERM_JOIN_CODE:-}" ]; then
  file=$(code_file)
  install -d -m 0700 -o "$user" -g "$(id -g "$user")" "$(dirname "$file")"
  (umask 077 && printf %s "$GRAPHTERM_JOIN_CODE" >"$file" && chown "$user:" "$file")
fi
systemctl daemon-reload
systemctl enable graphterm.service
systemctl restart graphterm.service
if ! server; then exit 0; fi
# It is there once it answers.
for _ in $(seq 60); do
  if ss -Hltn 'sport = :8900' | grep -q .; then exit 0; fi
  if systemctl is-failed -q graphterm.service; then break; fi
  sleep 1
done
journalctl -u graphterm.service -n 5 -o cat --no-pager
echo 'GraphTerm does not answer at port 8900.'
exit 1
