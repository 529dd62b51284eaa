"""One dump in the database's own container: by the same commands, each carried there by a relay."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from dbbackup.core.docker_access import DockerAccess
from dbbackup.core.errors import ContainerExecError
from dbbackup.core.journal import JournalKind
from dbbackup.db.models import DatabaseConfig, DumpVia, RunJournal
from dbbackup.engines.values import Command, Connection, DumpPart, TlsMode, ToolInfo
from dbbackup.net import docker_exec, docker_relay
from dbbackup.pipeline.backup_job import BackupJob, dump_parts
from dbbackup.pipeline.process import OWNER_VARIABLE, Workshop
from dbbackup.services.container_dumps import DumpPlan, plan
from dbbackup.services.context import Context
from dbbackup.storages.offload import finish
from dbbackup.worker.run import RunTools

CARRIED = frozenset({"pg_dump", "mysqldump", "mariadb-dump"})
"""What runs in there. None of them starts a process of its own; see `docker_relay` why that matters."""
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ContainerDump:
    """Where the server is found from in there, with which tools, and what carries the database's part there.

    Roles are dumped from here: `pg_dumpall` starts a process of its own, and none may do that in there.
    """

    connection: Connection
    tools: ToolInfo
    here: ToolInfo | None
    """What dumps roles, and reads the dump of the database to its end; None: it has no roles and is a script."""
    carry: Callable[[Command], Command]

    def parts(self, job: BackupJob, snapshot: str | None) -> Sequence[DumpPart]:
        """Return what is dumped: the roles over the network, the database in there."""
        roles = dump_parts(job, snapshot)[:-1] if self.here else []
        inside = replace(job, connection=self.connection, tools=self.tools)
        return [*roles, dump_parts(inside, snapshot)[-1]]


async def in_container(
    ctx: Context, config: DatabaseConfig, connection: Connection, tools: RunTools, server_version: str
) -> ContainerDump | None:
    """Return how the database is dumped in its own container; None when it is not to be.

    Raises:
        ContainerExecError: it cannot be; ToolMissingError: no tool here reads its dump to the end.
        DockerUnavailableError: no Docker engine can be asked.
    """
    if config.dump_via != DumpVia.CONTAINER:
        return None
    found, docker, engine = await plan(ctx, config), ctx.settings.docker, ctx.engines[config.type]
    here = engine.choose_tools(server_version) if config.type == "postgresql" else None
    mark = f"{OWNER_VARIABLE}={tools.workshop.owner}"
    await tools.journal.note(JournalKind.CONTAINER_EXEC, container=found.container_id, host=docker.host, mark=mark)
    tools.log.say("info", f"Dumps with the tools {found.version} in the container {found.container_name}")
    return ContainerDump(
        # The way ends in the container: nobody is on it, and its certificate is for another name.
        connection=replace(connection, host=_LOOPBACK, port=found.port, tls_mode=TlsMode.PREFER, ca_pem=None),
        tools=ToolInfo(version=found.version, folder=here.folder if here else "", exact=True, note=None),
        here=here,
        carry=_carrier(docker, found, tools.workshop),
    )


async def end_left(ctx: Context, entry: RunJournal) -> None:
    """End the tool that a crash left in a container: it outlives its relay. Raises DockerUnavailableError."""
    if entry.facts["host"] != ctx.settings.docker_host:
        return
    argv = ("/bin/sh", "-c", docker_relay.END_MARKED, "dbbackup", entry.facts["mark"])
    # Refused: it is gone or stopped with all its processes; or forbidden by now, which waiting does not change.
    with suppress(ContainerExecError):
        await finish(asyncio.to_thread(docker_exec.run_short, ctx.settings.docker, entry.facts["container"], argv))


def _carrier(docker: DockerAccess, found: DumpPlan, workshop: Workshop) -> Callable[[Command], Command]:
    numbers = count(1)

    def carry(command: Command) -> Command:
        """Return the relay that runs the command in the container; all that is secret is in a file for it alone."""
        if Path(command.argv[0]).name not in CARRIED:
            return command
        options = list(command.files)
        argv = [Path(command.argv[0]).name, *command.argv[1:]]
        environment = {**command.env, "LC_ALL": "C.UTF-8", "TZ": workshop.timezone, OWNER_VARIABLE: workshop.owner}
        if options:
            [path] = options  # the option file of MySQL's tools; there is no CA on the way within
            argv = [part.replace(str(path), docker_relay.OPTIONS_PATH) for part in argv]
            environment[docker_relay.OPTIONS_VARIABLE] = command.files[path].decode()
        task: docker_relay.Task = {
            "host": docker.host,
            "tls": docker.tls
            and {"ca": str(docker.tls.ca), "certificate": str(docker.tls.certificate), "key": str(docker.tls.key)},
            "container": found.container_id,
            "user": docker_exec.USER,
            "argv": argv,
            "env": environment,
            "mark": f"{OWNER_VARIABLE}={workshop.owner}",
        }
        file = workshop.folder / f"relay-{next(numbers)}.json"
        return Command(
            argv=(sys.executable, "-P", "-m", docker_relay.__name__, str(file)),
            files={file: json.dumps(task).encode()},
            tool=command.tool,
        )

    return carry
