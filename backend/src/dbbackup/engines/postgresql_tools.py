"""Which of the installed PostgreSQL client tools suit a server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from dbbackup.core.errors import ToolMissingError
from dbbackup.engines.tools import FoundTools, ToolFinder, embedded_version, folders_of_path, major_of
from dbbackup.engines.values import ToolInfo

TOOLS = ("pg_dump", "pg_dumpall", "pg_restore")
_PLACES = (
    (Path("/usr/lib/postgresql"), "*/bin"),  # Debian, Ubuntu
    (Path("/usr"), "pgsql-*/bin"),  # Red Hat
    (Path("/usr/libexec"), "postgresql*"),  # Alpine
    (Path("/usr/local"), "pgsql*/bin"),
    (Path("/usr/local/opt"), "postgresql*/bin"),
)


class PostgresqlTools:
    """Chooses among the tools found in the given folders, in the usual places, and on PATH."""

    def __init__(self, finder: ToolFinder) -> None:
        self._finder = finder

    @classmethod
    def installed(cls, client_dirs: Sequence[Path]) -> PostgresqlTools:
        """Look in `client_dirs` (each a folder of executables) first, then where packages put the tools."""
        version_of = embedded_version(rb"\(PostgreSQL\) (\d+(?:\.\d+|devel|beta\d+|rc\d+))")
        return cls(ToolFinder(TOOLS, lambda: _folders(client_dirs), version_of))

    def choose(self, server_version: str) -> ToolInfo:
        """Pick the tools of the server's own major, else the next newer one.

        Raises:
            ToolMissingError: there is neither; the message names what to install.
        """
        wanted = major_of(server_version)
        found = self._finder.find()
        usable = [tools for tools in found if tools.major >= wanted]
        if not usable:
            raise ToolMissingError(_missing(wanted, found))
        # min() keeps the first of equals: an administrator's folder goes before the system's
        chosen = min(usable, key=lambda tools: tools.major)
        exact = chosen.major == wanted
        return ToolInfo(
            version=chosen.version,
            folder=str(chosen.folder),
            exact=exact,
            note=None if exact else _note(wanted, chosen),
        )


def _folders(client_dirs: Sequence[Path]) -> Iterator[Path]:
    yield from client_dirs
    for base, pattern in _PLACES:
        yield from sorted(base.glob(pattern))
    yield Path("/usr/local/bin")
    yield from folders_of_path(os.environ.get("PATH", ""))


def _missing(wanted: int, found: list[FoundTools]) -> str:
    versions = ", ".join(f"{tools.version} in {tools.folder}" for tools in found) or "none"
    return (
        f"No client tools for a PostgreSQL {wanted} server: install pg_dump, pg_dumpall and pg_restore of version "
        f"{wanted} (apt-get install postgresql-client-{wanted}). Found: {versions}."
    )


def _note(wanted: int, chosen: FoundTools) -> str:
    return (
        f"The tools of PostgreSQL {wanted} are not installed; those of {chosen.version} are used. A backup made with "
        f"them needs tools and a server of version {chosen.major} or newer to be restored; it may not go back into "
        f"a server {wanted}. Install postgresql-client-{wanted} to avoid that."
    )
