#!/bin/sh
. scripts/version.sh
[ -x "$python" ] && "$python" scripts/password.py check
