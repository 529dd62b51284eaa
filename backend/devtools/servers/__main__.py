"""Owns the command `python -m devtools.servers 15 18 mysql slapd`, which installs server binaries for the tests."""

import sys

from devtools.servers.binaries import RELEASES, install_postgresql
from devtools.servers.mysql_binaries import install_mysql
from devtools.servers.slapd import install_slapd


def main(arguments: list[str]) -> int:
    """Install the PostgreSQL majors named, and others by their names; 2 when one is not known."""
    known = [*map(str, RELEASES), "mysql", "slapd"]
    if not arguments or not set(arguments) <= set(known):
        print(f"name what to install out of {', '.join(known)}", file=sys.stderr)
        return 2
    for word in arguments:
        if word == "mysql":
            print(f"MySQL: {install_mysql()}")
        elif word == "slapd":
            print(f"OpenLDAP: {install_slapd()}")
        else:
            print(f"PostgreSQL {RELEASES[int(word)].version}: {install_postgresql(int(word))}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RuntimeError as problem:
        sys.exit(f"error: {problem}")
