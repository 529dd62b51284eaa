"""Running the engine's commands as the pipeline would, and manifests around surveys."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbbackup.core.manifest import Manifest, PartFacts, SourceFacts
from dbbackup.core.secret import Secret
from dbbackup.engines import build_registry
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Command, Connection, Finding, ReaderCheck, Survey, TlsMode
from devtools.servers import PostgresServer, client_dirs

NASTY = "-n 'a' \"b\" =c\\d %s ü"
"""A name that is wrong for every tool that does not quote."""


def engine() -> Engine:
    """Return the engine under test, as the program builds it."""
    return build_registry(client_dirs())["postgresql"]


def connection(server: PostgresServer, database: str = "postgres", **more: Any) -> Connection:
    """Connect as the superuser unless told otherwise."""
    basis = Connection(server.host, server.port, database, server.superuser, Secret(server.password), TlsMode.PREFER)
    return replace(basis, **more)


def sql(server: PostgresServer, statements: str, database: str = "postgres") -> str:
    """Run statements as the superuser in a database."""
    return server.psql(statements, database=database)


def run(command: Command, work: Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run one command with nothing but the environment it asks for."""
    for path, content in command.files.items():
        path.touch(mode=0o600)
        path.write_bytes(content)
    try:
        env = {"PATH": os.environ["PATH"], "HOME": str(work), "LANG": "C.UTF-8", **command.env}
        return subprocess.run(command.argv, input=stdin or b"", capture_output=True, env=env, timeout=60, check=False)
    finally:
        for path in command.files:
            path.unlink()


def stderr_lines(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    """Return what a tool said, as lines."""
    return done.stderr.decode("utf-8", "replace").splitlines()


async def dump(source: Connection, raw: dict[str, Any], work: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Make a whole backup; return its manifest and the plain bytes of its parts."""
    pg = engine()
    survey = await pg.survey(source)
    options = pg.parse_dump_options(raw)
    outputs: dict[str, bytes] = {}
    parts = []
    for part in pg.dump(source, pg.choose_tools(survey.server_version), options, work):
        done = run(part.command, work)
        assert done.returncode == 0, done.stderr.decode()
        outputs[part.name] = done.stdout
        if isinstance(part.trailer, ReaderCheck):
            assert run(part.trailer.command, work, done.stdout).returncode == 0
        else:
            assert part.trailer.pattern in done.stdout[-part.trailer.window :]
        parts.append(part_facts(part.name, part.format, part.command.tool))
    return manifest(survey, source.database, options, parts), outputs


def part_facts(name: str = "database", format_: str = "pg_custom", tool: str = "pg_dump 15.0") -> PartFacts:
    """Describe one part; sizes and hashes do not matter to an engine."""
    return PartFacts(name=name, format=format_, file="f", size=0, sha256="", plain_size=0, plain_sha256="", tool=tool)


def manifest(
    survey: Survey,
    database: str = "source",
    options: dict[str, Any] | None = None,
    parts: list[PartFacts] | None = None,
    engine_type: str = "postgresql",
) -> Manifest:
    """Make the manifest of a backup with this survey."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Manifest(
        backup_id="b",
        instance_id="i",
        run_id="r",
        type="manual",
        label=None,
        started_at=now,
        completed_at=now,
        compression="none",
        compression_level=None,
        encryption=None,
        options=options or {},
        source=SourceFacts(
            config_id="c",
            config_name="c",
            slug="c",
            engine=engine_type,
            server_version=survey.server_version,
            host="h",
            port=1,
            database=database,
            size=survey.size,
            tables=survey.tables,
            roles=survey.roles,
            extensions=survey.extensions,
            properties=survey.properties,
        ),
        parts=[part_facts()] if parts is None else parts,
        product_version="0",
    )


def restore_options(name: str, **more: Any) -> dict[str, Any]:
    """Return parsed options with the marker the pipeline adds."""
    return {**engine().parse_restore_options({"newDatabase": name, **more}), "marker": f"run-{name}"}


def fill_options(mode: str, name: str, **more: Any) -> dict[str, Any]:
    """Return parsed options of a restore into a database that is there."""
    return engine().parse_restore_options({"mode": mode, "existingDatabase": name, **more})


async def restore(
    target: Connection, backup: Manifest, archive: bytes, options: dict[str, Any], work: Path
) -> subprocess.CompletedProcess[bytes]:
    """Create, fill and finish a new database; the tool's failure is returned, not raised."""
    pg = engine()
    file = work / "archive.dump" if pg.wants_file(options) else None
    if file is not None:
        file.write_bytes(archive)
    tools = pg.choose_tools((await pg.probe(target)).server_version)
    await pg.create_database(target, backup, options)
    command = pg.restore(target, tools, backup, options, file, work)
    done = run(command, work, None if file else archive)
    if done.returncode == 0:
        await pg.finish_database(target, backup, options)
    return done


def levels(findings: list[Finding], level: str) -> set[str]:
    """Return the codes of the findings of one level."""
    return {finding.code for finding in findings if finding.level == level}


PLAIN: dict[str, Any] = {
    "encoding": "UTF8",
    "collate": "C",
    "ctype": "C.UTF-8",
    "localeProvider": "libc",
    "locale": None,
    "owner": "postgres",
    "acl": None,
    "comment": None,
    "connectionLimit": -1,
    "publicSchema": True,
    "tablespaces": [],
    "settings": [],
    "roleUses": {"owners": ["postgres"], "grantees": [], "others": []},
}


def backup(version: str = "15.2", extensions: list[str] | None = None, **properties: Any) -> Manifest:
    survey = Survey(
        server_version=version,
        size=1,
        tables=[],
        roles=["postgres"],
        extensions=extensions or [],
        properties={**PLAIN, **properties},
    )
    return manifest(survey)


def uses(owners: list[str], grantees: list[str] | None = None, others: list[str] | None = None) -> dict[str, Any]:
    return {"roleUses": {"owners": owners, "grantees": grantees or [], "others": others or []}}


def as_role(server: PostgresServer, name: str) -> Any:
    return connection(server, username=name, password=Secret("c-secret"))
