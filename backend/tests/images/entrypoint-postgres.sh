#!/bin/bash
# The entrypoint of an image as the vendor's one is made: it gives its volume to the server's user, becomes that
# user, makes a cluster with the password it is told, lets nobody in by TCP meanwhile, and then serves.
set -euo pipefail
export PGDATA=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
    chown 65534:65534 "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0"
fi
if [ -n "${FAIL_WITH:-}" ]; then
    echo "database files are incompatible with server ($FAIL_WITH, $POSTGRES_PASSWORD)"
    exit 3
fi
initdb --username=postgres --auth=scram-sha-256 --pwfile=<(printf '%s' "$POSTGRES_PASSWORD") --encoding=UTF8 --locale=C.UTF-8 >/dev/null
echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
export PGPASSWORD=$POSTGRES_PASSWORD PGUSER=postgres PGHOST=/tmp
pg_ctl --wait --options="-c listen_addresses='' -k /tmp" start
[ "${POSTGRES_DB:-postgres}" = postgres ] || createdb "$POSTGRES_DB"
pg_ctl --wait --mode=fast stop
exec postgres -c listen_addresses='*' -k /tmp
