"""Owns where the client tools of the installed test servers lie, for the product's CLIENT_PATH."""

from pathlib import Path

from devtools.servers.binaries import postgresql_client_dirs
from devtools.servers.mysql_binaries import mysql_client_dirs


def client_dirs() -> list[Path]:
    """Return the folders of client tools that are not on PATH: every PostgreSQL, oldest first, and MySQL."""
    return [*postgresql_client_dirs(), *mysql_client_dirs()]
