#!/bin/sh
# Whether what requirements.txt names was installed; a file with nothing but notes names nothing.
. scripts/version.sh
grep -q '^[[:space:]]*[^#[:space:]]' requirements.txt || exit 0
[ "$(cat "$home/state/skylab-requirements" 2>/dev/null)" = "$(sha256sum <requirements.txt)" ]
