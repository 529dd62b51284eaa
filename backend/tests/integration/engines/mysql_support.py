"""One flavour of the MySQL family under test: its engine, a server, and the ways of the pipeline."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dbbackup.core.manifest import Manifest
from dbbackup.core.secret import Secret
from dbbackup.engines import build_registry
from dbbackup.engines.base import Engine
from dbbackup.engines.modes import target_database
from dbbackup.engines.values import Command, Connection, TailCheck
from devtools.compare_mysql import quoted
from devtools.servers import MysqlFamilyServer, client_dirs
from tests.integration.engines.support import manifest, part_facts, run

FLAVOURS = ["mysql", "mariadb"]
"""The types whose engines and servers every test of the family is run with."""
NASTY = "-n =c ;# %s ü`x"
"""A name that is wrong for every tool that does not quote."""
QUOTES = "'a' \"b\" c\\d"
"""What mariadb-dump cannot bear in the name of a database with programs in it."""
HERE = Path(__file__).parent


@dataclass
class Family:
    """A flavour's engine beside a server of it."""

    engine: Engine
    server: MysqlFamilyServer

    @classmethod
    def of(cls, flavour: str, server: MysqlFamilyServer) -> Family:
        """Take the engine as the program builds it."""
        return cls(build_registry(client_dirs())[flavour], server)

    @property
    def is_mariadb(self) -> bool:
        return self.engine.type == "mariadb"

    def connection(self, database: str = "information_schema", **more: Any) -> Connection:
        """Connect as the superuser unless told otherwise."""
        server = self.server
        basis = Connection(server.host, server.port, database, server.superuser, Secret(server.password))
        return replace(basis, **more)

    def sql(self, statements: str, database: str | None = None) -> str:
        """Run statements as the superuser."""
        return self.server.sql(statements, database=database)

    def create(
        self, name: str, statements: str = "", clauses: str = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
    ) -> str:
        """Make a database anew and fill it; return its name."""
        self.sql(f"DROP DATABASE IF EXISTS {quoted(name)}; CREATE DATABASE {quoted(name)} {clauses}")
        if statements:
            self.sql(statements, name)
        return name

    def account(self, name: str, grants: str, secret: str = "a-secret") -> dict[str, Any]:
        """Make an account with these grants; return what to connect with."""
        self.sql(f"DROP USER IF EXISTS '{name}'@'%'; CREATE USER '{name}'@'%' IDENTIFIED BY '{secret}'; {grants}")
        return {"username": name, "password": Secret(secret)}

    def databases(self) -> set[str]:
        return set(self.sql("SHOW DATABASES").splitlines())

    def options(self, name: str, mode: str = "newDatabase", **more: Any) -> dict[str, Any]:
        """Return parsed options of a restore with the marker that the pipeline adds."""
        creates = mode in ("newDatabase", "schemaOnly")
        raw = {"mode": mode, "newDatabase" if creates else "existingDatabase": name, **more}
        return {**self.engine.parse_restore_options(raw), "marker": f"run-{name}"}

    async def dump_command(self, source: Connection, raw: dict[str, Any], work: Path) -> tuple[Command, Manifest]:
        """Return what to run for a backup, and its manifest."""
        survey = await self.engine.survey(source)
        options = self.engine.parse_dump_options(raw)
        tools = self.engine.choose_tools(survey.server_version)
        facts = manifest(survey, source.database, options, [], self.engine.type).source
        (part,) = self.engine.dump(source, tools, options, work, facts)
        parts = [part_facts("database", part.format, part.command.tool)]
        return part.command, manifest(survey, source.database, options, parts, self.engine.type)

    async def dump(self, database: str, work: Path, **raw: Any) -> tuple[Manifest, bytes]:
        """Make a whole backup; return its manifest and its script."""
        command, made = await self.dump_command(self.connection(database), raw, work)
        done = run(command, work)
        assert done.returncode == 0, done.stderr.decode()
        trailer = TailCheck(b"\n-- Dump completed")
        assert trailer.pattern in done.stdout[-trailer.window :]
        return made, done.stdout

    def filtered(self, backup: Manifest, script: bytes, options: dict[str, Any], chunk: int = 1 << 20) -> bytes:
        """Return what the client is fed."""
        filter_ = self.engine.restore_filter(backup, options)
        assert filter_ is not None
        pieces: list[bytes] = []
        for start in range(0, len(script), chunk):
            pieces += filter_.update(script[start : start + chunk])
        return b"".join([*pieces, *filter_.finish()])

    def feed(
        self, script: bytes, backup: Manifest, options: dict[str, Any], work: Path, **more: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the client on a script."""
        target = self.connection(**more)
        tools = self.engine.choose_tools(self.server.version)
        return run(self.engine.restore(target, tools, backup, options, None, work), work, script)

    async def restore(self, backup: Manifest, script: bytes, options: dict[str, Any], work: Path, **more: Any) -> None:
        """Do a whole restore and expect it to work."""
        target = self.connection(**more)
        creates = "newDatabase" in options
        if creates:
            await self.engine.create_database(target, backup, options)
        done = self.feed(self.filtered(backup, script, options), backup, options, work, **more)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        await self.engine.finish_database(target, backup, options)

    async def codes(self, backup: Manifest, options: dict[str, Any], level: str = "error", **more: Any) -> set[str]:
        """Return the codes of a preflight's findings of one level."""
        findings = await self.engine.preflight(self.connection(**more), backup, options)
        return {finding.code for finding in findings if finding.level == level}


def rows_of(family: Family, database: str, tables: Iterable[str]) -> list[str]:
    """Count rows table by table."""
    return [family.sql(f"SELECT COUNT(*) FROM {quoted(table)}", database) for table in tables]


def name_of(options: dict[str, Any]) -> str:
    """Return the database that options work on."""
    return target_database(options)
