# The files of the service, as the answers ask for them; serve.sh writes them, serves.sh compares.
. scripts/wanted.sh
user=${SKYLAB_USER:?who runs GraphTerm}

quoted() { printf "%s='%s'\n" "$1" "$(printf %s "$2" | sed "s/'/'\\\\''/g")"; }

conf() {
  echo '# Read by /usr/local/sbin/graphterm-start.'
  quoted GRAPHTERM_USER "$user"
  quoted GRAPHTERM_ROLE "$GRAPHTERM_ROLE"
  quoted GRAPHTERM_AUTH "$GRAPHTERM_AUTH"
  quoted GRAPHTERM_HTTPS "${GRAPHTERM_HTTPS:-}"
  quoted GRAPHTERM_NAME "${GRAPHTERM_NAME:-}"
  quoted GRAPHTERM_PRIMARY "${GRAPHTERM_PRIMARY:-}"
  quoted GRAPHTERM_ALLOW_EMBED "${GRAPHTERM_ALLOW_EMBED:-}"
  quoted GRAPHTERM_ALLOW_SHARE "${GRAPHTERM_ALLOW_SHARE:-}"
  quoted GRAPHTERM_LOGGING "${GRAPHTERM_LOGGING:-}"
  quoted GRAPHTERM_OSHELL "${GRAPHTERM_OSHELL:-}"
  quoted GRAPHTERM_SCREEN "${GRAPHTERM_SCREEN:-}"
  quoted GRAPHTERM_OTHER_OPTIONS "${GRAPHTERM_OTHER_OPTIONS:-}"
}

# The web ports lead to GraphTerm's own, which need no root.
redirects() {
  if ! server; then return; fi
  outside=80
  if on "${GRAPHTERM_HTTPS:-}"; then outside=443; fi
  for n in 0 1; do
    rule="PREROUTING -p tcp --dport $((outside + n)) -j REDIRECT --to-ports $((8900 + n))"
    echo "ExecStartPre=+/bin/sh -c 'iptables -t nat -C $rule 2>/dev/null || iptables -t nat -A $rule'"
    echo "ExecStopPost=+/bin/sh -c 'iptables -t nat -D $rule 2>/dev/null || true'"
  done
}

unit() {
  cat <<UNIT
[Unit]
Description=GraphTerm
Wants=network-online.target
After=network-online.target

[Service]
User=$user
WorkingDirectory=~
UNIT
  redirects
  cat <<'UNIT'
ExecStart=/usr/local/sbin/graphterm-start
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT
}

# The code with which a host joins; in the home folder of its user, for that user alone.
code_file() { echo "$(getent passwd "$user" | cut -d: -f6)/.graphterm/joins_with"; }
