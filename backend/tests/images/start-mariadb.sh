#!/bin/bash
# Does what the start of MariaDB's own image does with its variables, on the programs of the machine.
set -euo pipefail
printf "CREATE USER root@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO root@'%%' WITH GRANT OPTION;\nCREATE DATABASE %s;\nUSE %s;\nCREATE TABLE post (id int PRIMARY KEY);\nINSERT INTO post VALUES (1), (2);\n" \
    "$MARIADB_ROOT_PASSWORD" "$MARIADB_DATABASE" "$MARIADB_DATABASE" >/tmp/first.sql
mariadb-install-db --no-defaults --datadir=/tmp/data --auth-root-authentication-method=normal --skip-test-db >/tmp/install.log
exec mariadbd --no-defaults --datadir=/tmp/data --socket=/tmp/db.sock --init-file=/tmp/first.sql --character-set-server=utf8mb4 \
    --plugin-dir=/usr/lib/mysql/plugin
