#!/bin/sh
# virtualenv 20.21 is the last that makes environments for Python 2.7, and carries a pip that runs there.
set -eu
. scripts/wanted.sh
mkdir -p "$home"
if [ ! -x "$home/env/bin/pip" ]; then
  python3 -m venv "$home/maker"
  "$home/maker/bin/pip" install --no-cache-dir 'virtualenv==20.21.1' 'setuptools<70'
  "$home/maker/bin/virtualenv" -p /usr/bin/python2.7 "$home/env"
fi
set -f
"$home/env/bin/pip" install --no-cache-dir $(wheels)
# GraphTerm's own set-up of further users (graphterm/bin/gterm_user_setup) calls these two by name.
ln -sf "$home/env/bin/gauth" "$home/env/bin/gtermhost" /usr/local/bin/
wheels >"$home/installed"
