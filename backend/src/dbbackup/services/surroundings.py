"""The containers around us, and how a database server in one of them is reached and asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dbbackup.core.container_servers import Credentials, ReadFile, credentials, engine_types, server_port
from dbbackup.core.containers import Address, Container, address_of, find_own, shares_network
from dbbackup.core.errors import DatabaseError
from dbbackup.core.scratch_container import is_scratch
from dbbackup.core.secret import Secret
from dbbackup.engines.values import Connection
from dbbackup.net.docker_api import engine_host, list_containers
from dbbackup.services.connections import reachable
from dbbackup.services.context import Context

SECRETS = Path("/run/secrets")
"""Where Docker and Compose mount secrets: nothing else is read for a container."""
CONNECT_SECONDS = 4
SWITCHED_OFF = "reading credentials from containers is switched off (discovery.readCredentials)"
_MOUNTINFO = Path("/proc/self/mountinfo")
_MAX_SECRET = 4096


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All containers of the engine, and the one we run in; None: in none that it knows."""

    containers: Sequence[Container]
    own: Container | None
    remote: str | None = None
    """The engine's machine when it is another one."""

    def servers(self) -> list[Container]:
        """Return the running containers with a database server that are on a network with us."""
        return [
            container
            for container in self.containers
            if container.running
            and container is not self.own
            and not is_scratch(container)
            and engine_types(container)
            and (self.own is None or shares_network(container, self.own))
        ]

    def address(self, container: Container, engine: str) -> Address | None:
        """Return where the server in a container is reached from here."""
        return address_of(container, server_port(container, engine), self.own, self.remote)


async def look_around(ctx: Context) -> Surroundings:
    """Ask the engine. Raises DockerUnavailableError."""
    containers = await list_containers(ctx.settings.docker)
    own = find_own(containers, _mountinfo(), socket.gethostname())
    return Surroundings(containers, own, engine_host(ctx.settings.docker_host))


def read_credentials(
    ctx: Context,
    container: Container,
    engine: str,
    *,
    username: str | None = None,
    password_variable: str | None = None,
) -> Credentials:
    """Read a container's environment, unless that is switched off."""
    if not ctx.live.discovery_credentials:
        return Credentials(username or "", Secret(""), None, SWITCHED_OFF)
    return credentials(container, engine, secret_reader(ctx), username=username, password_variable=password_variable)


def secret_reader(ctx: Context, folder: Path = SECRETS) -> ReadFile:
    """Return what reads the files that _FILE variables of containers name.

    Whoever can start a container chooses that path, and what stands in the file is sent to that container. So only
    secrets that are mounted here too are read, and never our own.
    """

    def read(name: str) -> str | None:
        try:
            path = Path(name).resolve(strict=True)
            if not path.is_relative_to(folder.resolve()) or not path.is_file():
                return None
            if any(own.exists() and path.samefile(own) for own in ctx.settings.secret_files):
                return None
            if path.stat().st_size > _MAX_SECRET:
                return None
            return path.read_text(encoding="utf-8").rstrip("\r\n") or None
        except (OSError, ValueError):
            return None

    return read


async def ask_databases(
    ctx: Context, container: Container, address: Address, known: Credentials
) -> tuple[str, list[str]]:
    """Sign in and return the engine that it turned out to be and its databases.

    Raises:
        DatabaseError: nobody answers, or the credentials are refused; ValidationError: the address is forbidden.
    """
    types = engine_types(container)
    connection = connection_to(address, known, known.database or "postgres")
    for position, engine in enumerate(types):
        try:
            await reachable(ctx, connection)
            async with asyncio.timeout(3 * CONNECT_SECONDS):
                return engine, await ctx.engines[engine].databases(connection)
        except TimeoutError as error:
            raise DatabaseError(f"The server at {address} did not answer in time.") from error
        except DatabaseError as error:
            of_another_kind = any(detail.field == "type" for detail in error.details)
            if not of_another_kind or position == len(types) - 1:
                raise
    raise DatabaseError(f"{container.name} runs no database server that is known here.")


def _mountinfo() -> str:
    return _MOUNTINFO.read_text() if _MOUNTINFO.is_file() else ""


def connection_to(address: Address, known: Credentials, database: str) -> Connection:
    """Return a connection to a found server."""
    return Connection(
        host=address.host,
        port=address.port,
        database=database,
        username=known.username,
        password=known.password,
        connect_timeout=CONNECT_SECONDS,
    )
