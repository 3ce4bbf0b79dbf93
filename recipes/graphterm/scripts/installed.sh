#!/bin/sh
# Whether GraphTerm is there with all that was ticked; the list stands beside it once it is.
. scripts/wanted.sh
[ -x "$home/env/bin/gtermserver" ] && [ "$(wheels)" = "$(cat "$home/installed" 2>/dev/null)" ]
