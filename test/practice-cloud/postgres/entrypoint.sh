# As the image that it stands in for: the first time it makes the user and the database, with a server that only its socket reaches.
set -eu
if [ "$(id -u)" = 0 ]; then
  chown postgres "$PGDATA" && chmod 700 "$PGDATA"
  install -d -o postgres /run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups sh "$0"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?}"
  file=$(mktemp); printf '%s\n' "$POSTGRES_PASSWORD" >"$file"
  initdb --username "$POSTGRES_USER" --pwfile "$file" --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --no-sync >/dev/null
  rm -f "$file"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl start --wait --silent --log /dev/null --options "-c listen_addresses=''"
  createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl stop --wait --silent --mode fast
fi
unset POSTGRES_PASSWORD
exec postgres -c listen_addresses='*'
