"""Owns the command `python -m devtools.servers 15 18`, which installs PostgreSQL binaries for the tests."""

import sys

from devtools.servers.binaries import RELEASES, install_postgresql


def main(arguments: list[str]) -> int:
    """Install the majors named on the command line; 2 when one of them is not known."""
    unknown = [word for word in arguments if not word.isdigit() or int(word) not in RELEASES]
    if unknown or not arguments:
        print(f"name PostgreSQL majors out of {', '.join(map(str, RELEASES))}", file=sys.stderr)
        return 2
    for major in map(int, arguments):
        print(f"PostgreSQL {RELEASES[major].version}: {install_postgresql(major)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RuntimeError as problem:
        sys.exit(f"error: {problem}")
