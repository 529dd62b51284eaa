"""The engine for MariaDB: what differs from MySQL."""

from __future__ import annotations

from typing import ClassVar

from dbbackup.engines.mysql import MysqlEngine
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.mysql_tools import mariadb_version
from dbbackup.engines.values import TlsMode


def _tls_lines(mode: TlsMode, ca_file: str | None) -> list[str]:
    """Only verify-full binds the tools: without it they go on unencrypted when the server offers no TLS."""
    if mode is TlsMode.DISABLE:
        return ["skip-ssl"]
    lines = ["ssl", f"ssl-verify-server-cert={int(mode is TlsMode.VERIFY_FULL)}"]
    return lines if ca_file is None else [*lines, f"ssl-ca={ca_file}"]


MARIADB = Flavour(
    type="mariadb",
    name="MariaDB",
    other="mysql",
    is_mariadb=True,
    dump_tool="mariadb-dump",
    client="mariadb",
    oldest_tool=(10, 4),
    version_of=mariadb_version(),
    packages="apt-get install mariadb-client",
    dump_flags=(),
    client_flags=("--loose-sandbox",),
    tls_lines=_tls_lines,
    routine_grants=(("SELECT", "mysql.proc"), ("SHOW CREATE ROUTINE", "*.*")),
    definer_grants=frozenset({"SET USER", "SUPER"}),
)


class MariadbEngine(MysqlEngine):
    """MariaDB 10.4 and newer; keeps the contract of `engines.base.Engine`."""

    flavour: ClassVar[Flavour] = MARIADB
