#!/bin/sh
# Whether the distribution's packages are there. Refuses a system that has no Python 2.7.
. scripts/wanted.sh
if ! command -v python2.7 >/dev/null; then
  . /etc/os-release
  case "${ID:-}:${VERSION_ID:-}" in
    ubuntu:14.* | ubuntu:16.* | ubuntu:18.* | ubuntu:20.* | ubuntu:22.* | debian:9 | debian:10 | debian:11) ;;
    *)
      echo "GraphTerm needs Python 2.7, which ${PRETTY_NAME:-this system} does not have. Ubuntu 22.04 and Debian 11 are the last that do."
      exit 2
      ;;
  esac
fi
for name in $(packages); do
  dpkg-query -W -f '${Status}\n' "$name" 2>/dev/null | grep -q '^install ok installed' || exit 1
done
