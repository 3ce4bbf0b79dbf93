#!/bin/sh
set -eu
. scripts/version.sh
"$home/user/bin/python" -m pip install --no-cache-dir -r requirements.txt
sha256sum <requirements.txt >"$home/state/skylab-requirements"
