#!/bin/sh
# Runs the release's own installer, after a look whether all that it fetches can be had.
set -eu
. scripts/version.sh
python3 scripts/fetch.py "$version" "$digest" bootstrap.py
set -- --version "$version"
for plugin in $(names "${TLJH_PLUGINS:-}"); do set -- "$@" --plugin "$plugin"; done
python3 bootstrap.py "$@"
