"""Dumps in the database's own container: whether Docker lets us, and which tools are in there."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from dbbackup.core.container_servers import engine_types, server_port
from dbbackup.core.errors import ContainerExecError, ValidationError
from dbbackup.db.models import DatabaseConfig, DumpVia
from dbbackup.net import docker_exec
from dbbackup.services.container_choice import check_dump, exec_refused, find_source
from dbbackup.services.context import Context
from dbbackup.services.surroundings import look_around

_TOOLS = {
    "postgresql": ("pg_dump", re.compile(r"\(PostgreSQL\) (\d+(?:\.\d+|devel|beta\d+|rc\d+))")),
    "mysql": ("mysqldump", re.compile(r"Ver ((?:[89]|[1-9]\d)\.\d+\.\d+)(?!.*MariaDB)")),
    "mariadb": ("mariadb-dump", re.compile(r"(\d+\.\d+\.\d+)-MariaDB")),
}
"""What dumps each kind of server, and where its version stands in what it says of itself."""


@dataclass(frozen=True, slots=True)
class DumpPlan:
    """The container a dump runs in, where its server listens in there, and the version of its tools."""

    container_id: str
    container_name: str
    port: int
    version: str


def refuse_parallel_inside(config: DatabaseConfig, options: dict[str, Any]) -> None:
    """Raise ValidationError for a parallel dump in a container: one tool is started, watched and ended in there."""
    if config.dump_via == DumpVia.CONTAINER and options.get("jobs", 1) > 1:
        raise ValidationError.of(
            "jobs",
            f"{config.name} is dumped in its own container, where only one dump tool runs: set jobs to 1, or dump it "
            "over the network.",
        )


async def plan(ctx: Context, config: DatabaseConfig) -> DumpPlan:
    """Look whether a command can be run in the database's container, by asking its dump tool for its version.

    Raises:
        ContainerExecError: it is not allowed, here or by Docker, or the tool is not there.
        DockerUnavailableError: no Docker engine can be asked.
    """
    check_dump(ctx, config)
    source = find_source(await look_around(ctx), config)
    if source is None or config.type not in engine_types(source):
        text = (
            f"The container {config.container_name} is gone, or runs no {config.type}: nothing can be dumped in there."
        )
        raise exec_refused(text, "not-linked")
    tool, version = _TOOLS[config.type]
    try:
        code, said = await asyncio.to_thread(docker_exec.run_short, ctx.settings.docker, source.id, (tool, "--version"))
    except ContainerExecError as error:
        raise exec_refused(error.message, error.reason) from error
    found = version.search(said)
    if code != 0 or found is None:
        text = f"The container {source.name} has no {tool} that can be used ({said or f'exit code {code}'})."
        raise exec_refused(f"{text} Dump it over the network.", "no-tool")
    return DumpPlan(source.id, source.name, server_port(source, config.type), found[1])
