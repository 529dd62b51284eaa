#!/bin/bash
# The entrypoint of an image as the vendor's one is made; see entrypoint-postgres.sh.
set -euo pipefail
data=/var/lib/mysql
if [ "$(id -u)" = 0 ]; then
    chown 65534:65534 "$data"
    exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0"
fi
mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
printf "SET PASSWORD FOR root@localhost = PASSWORD('%s');\nCREATE USER root@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO root@'%%' WITH GRANT OPTION;\n%s" \
    "$MARIADB_ROOT_PASSWORD" "$MARIADB_ROOT_PASSWORD" "${MARIADB_DATABASE:+CREATE DATABASE $MARIADB_DATABASE;}" >/tmp/first.sql
exec mariadbd --no-defaults --datadir="$data" --socket=/tmp/db.sock --init-file=/tmp/first.sql --character-set-server=utf8mb4
