#!/bin/bash
# Does what the start of PostgreSQL's own image does with the variables and folders that compose.yaml gives it.
set -euo pipefail
export PGDATA=/tmp/pgdata
initdb --username=postgres --auth=scram-sha-256 --pwfile=<(printf '%s' "$POSTGRES_PASSWORD") --encoding=UTF8 --locale=C.UTF-8
echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
export PGPASSWORD=$POSTGRES_PASSWORD PGUSER=postgres PGHOST=/tmp
pg_ctl --wait --options="-c listen_addresses='' -k /tmp" start
createdb "$POSTGRES_DB"
for script in /docker-entrypoint-initdb.d/*.sql; do
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$POSTGRES_DB" --file="$script"
done
pg_ctl --wait --mode=fast stop
exec postgres -c listen_addresses='*' -k /tmp
