#!/bin/sh
# Whether the hub runs with these settings. Refuses a value that it would not take, and a certificate that is not there.
. scripts/version.sh
python3 scripts/settings.py show >/dev/null || exit 2
if [ "${TLJH_HTTPS:-}" = own ]; then
  for file in "$TLJH_TLS_CERT" "$TLJH_TLS_KEY"; do
    if [ ! -s "$file" ]; then
      echo "There is no file $file on this machine: bring the certificate there first."
      exit 2
    fi
  done
fi
[ -x "$python" ] || exit 1
"$python" scripts/settings.py check || exit 1
systemctl is-active -q jupyterhub.service && systemctl is-active -q traefik.service
