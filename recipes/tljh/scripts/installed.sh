#!/bin/sh
# Whether it is there, in this version or a newer one, with the plugins. Refuses a system on which it does not run.
. scripts/version.sh
refuse() {
  echo "$1"
  exit 2
}
. /etc/os-release
least=
case "${ID:-}" in
  ubuntu) least=22.04 ;;
  debian) least=11 ;;
  *) refuse "The Littlest JupyterHub runs on Ubuntu and Debian, and this is ${PRETTY_NAME:-another system}." ;;
esac
if [ -n "${VERSION_ID:-}" ] && [ "$(printf '%s\n' "$least" "$VERSION_ID" | sort -V | head -n 1)" != "$least" ]; then
  refuse "The Littlest JupyterHub needs $ID $least or newer, and this is ${PRETTY_NAME:-$VERSION_ID}."
fi
command -v python3 >/dev/null || refuse 'Python 3 is missing: install the package python3 first.'
if ! systemctl is-active -q traefik.service; then
  for port in 80 443; do
    if ss -Hltn "sport = :$port" | grep -q .; then refuse "Port $port is taken by another program, and the hub needs it."; fi
  done
fi
if [ -d "$home/hub" ] && [ ! -x "$python" ] && [ -n "$(ls -A "$home/hub")" ]; then
  refuse "$home/hub is there, and is none of this hub’s."
fi
[ -x "$python" ] || exit 1
"$python" scripts/versions.py the-littlest-jupyterhub "$version" $(names "${TLJH_PLUGINS:-}") || exit 1
systemctl is-enabled -q jupyterhub.service && systemctl is-enabled -q traefik.service
