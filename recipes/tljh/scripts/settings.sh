#!/bin/sh
set -eu
. scripts/version.sh
for part in $("$python" scripts/settings.py write); do "$home/hub/bin/tljh-config" reload "$part"; done
systemctl start jupyterhub.service traefik.service
