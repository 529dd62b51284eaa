"""The registry of the database engines: one line for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dbbackup.engines.base import Engine
from dbbackup.engines.mariadb import MariadbEngine
from dbbackup.engines.mysql import MysqlEngine
from dbbackup.engines.postgresql import PostgresqlEngine
from dbbackup.engines.postgresql_tools import PostgresqlTools


def build_registry(client_dirs: Sequence[Path]) -> dict[str, Engine]:
    """Return every engine by its type.

    `client_dirs` are folders of client tools (each one that holds the executables), looked through before
    the places where packages put them.
    """
    return {
        "postgresql": PostgresqlEngine(PostgresqlTools.installed(client_dirs)),
        "mysql": MysqlEngine.installed(client_dirs),
        "mariadb": MariadbEngine.installed(client_dirs),
    }
