#!/bin/sh
# Whether the service runs with these settings. Refuses a port that another program has.
. scripts/service.sh
if server; then
  for port in 8899 8900; do
    if ss -Hltn "sport = :$port" | grep -q . && ! systemctl is-active -q graphterm.service; then
      echo "Port $port is taken by another program, and GraphTerm needs it."
      exit 2
    fi
  done
elif [ -z "${GRAPHTERM_PRIMARY:-}" ]; then
  echo 'GRAPHTERM_PRIMARY is empty: a host needs the private address of the server that it joins.'
  exit 2
fi
conf | cmp -s - /etc/graphterm.conf || exit 1
unit | cmp -s - /etc/systemd/system/graphterm.service || exit 1
cmp -s scripts/graphterm-start /usr/local/sbin/graphterm-start || exit 1
if [ -n "${GRAPHTERM_JOIN_CODE:-}" ] && [ "$GRAPHTERM_JOIN_CODE" != "$(cat "$(code_file)" 2>/dev/null)" ]; then exit 1; fi
systemctl is-active -q graphterm.service
