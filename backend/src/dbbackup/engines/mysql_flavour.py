"""What differs between MySQL and the servers that came from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dbbackup.engines.tools import VersionOf
from dbbackup.engines.values import TlsMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """One kind of server of the family, and its client tools."""

    type: str
    """The value of `database_config.type`."""
    name: str
    other: str
    """The type to choose when the server turns out to be of the other kind."""
    is_mariadb: bool
    dump_tool: str
    client: str
    oldest_tool: tuple[int, int]
    version_of: VersionOf
    packages: str
    """What to install when the tools are missing."""
    dump_flags: tuple[str, ...]
    client_flags: tuple[str, ...]
    tls_lines: Callable[[TlsMode, str | None], list[str]]
    """Lines of the tools' option file for a TLS mode and the path of a CA bundle."""
    routine_grants: tuple[tuple[str, str], ...]
    """Privileges with the object they are on, each of which shows all routines: `("SELECT", "mysql.proc")`."""
    definer_grants: frozenset[str]
    """Global privileges, each of which lets a definer be somebody else."""


def server_flavour(version: str) -> str:
    """Return the engine type that suits a server by what it says of itself."""
    return "mariadb" if "mariadb" in version.lower() else "mysql"


def release(version: str) -> tuple[int, int]:
    """Return the release series, such as (10, 11) of `10.11.19-MariaDB`."""
    major, minor = version.split("-")[0].split(".")[:2]
    return int(major), int(minor)
