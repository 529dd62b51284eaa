#!/bin/bash
# Installs the databases' client tools, gpg, tini and the time zones into the API's image: install-clients.sh vendors|debian
set -euo pipefail

POSTGRES_MAJORS=(14 15 16 17 18)

export DEBIAN_FRONTEND=noninteractive

install() { apt-get install -y -qq --no-install-recommends "$@"; }

apt-get update -qq
case ${1:-} in
debian)
    install ca-certificates tini tzdata gpg gpg-agent mariadb-client postgresql-client
    ;;
vendors)
    # Debian's package of PostgreSQL's tools brings the key and the address of PostgreSQL's own archive. It goes when it
    # has served, with the certificate that one of its dependencies made: a key in an image would be everybody's.
    install ca-certificates postgresql-common
    /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
    install tini tzdata gpg gpg-agent mariadb-client "${POSTGRES_MAJORS[@]/#/postgresql-client-}"
    apt-get purge -y -qq --auto-remove postgresql-common ssl-cert
    rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/apt/sources.list.d/pgdg.*
    for major in "${POSTGRES_MAJORS[@]}"; do
        "/usr/lib/postgresql/$major/bin/pg_dump" --version
    done
    ;;
*)
    echo "install-clients.sh: say where the tools come from: vendors or debian" >&2
    exit 1
    ;;
esac
mariadb-dump --version
gpg-agent --version && gpgconf --version
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log
