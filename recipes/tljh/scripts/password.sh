#!/bin/sh
set -eu
. scripts/version.sh
if [ "$(printf %s "$TLJH_ADMIN_PASSWORD" | wc -c)" -gt 72 ]; then
  echo 'A password of more than 72 bytes cannot be kept: take a shorter one.'
  exit 1
fi
"$python" scripts/password.py write
