#!/bin/bash
# Runs the given command as jovyan, or as the NB_UID and NB_GID asked for when the container was started as root.
set -e
[ $# -gt 0 ] || set -- bash
if [ "$(id -u)" = 0 ] && [ "${NB_UID:-1000}" != 0 ]; then
  [ "$CHOWN_HOME" = yes ] && chown -R "$NB_UID:$NB_GID" /home/jovyan
  exec setpriv --reuid "$NB_UID" --regid "$NB_GID" --clear-groups -- "$@"
fi
exec "$@"
