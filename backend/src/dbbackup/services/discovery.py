"""Finds the database servers in the containers around us, and adds what is chosen of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.container_labels import PREFIX
from dbbackup.core.container_servers import Credentials, engine_types
from dbbackup.core.containers import Address, Container
from dbbackup.core.errors import AppError, DatabaseUnreachableError, DockerUnavailableError, ValidationError
from dbbackup.core.events import EVENTS_CHANNEL, ChangeEvent
from dbbackup.core.secret import Secret
from dbbackup.db.models import DatabaseConfig
from dbbackup.db.session import after_commit
from dbbackup.services.connections import saved_connection
from dbbackup.services.container_links import is_of, link
from dbbackup.services.context import Context
from dbbackup.services.databases import add_database
from dbbackup.services.discovery_inputs import DiscoveredServerInput, DiscoveryAddInput
from dbbackup.services.inputs import DatabaseInput
from dbbackup.services.surroundings import Surroundings, ask_databases, look_around, read_credentials

_AT_ONCE = 8


class ServerState(StrEnum):
    """What a found server is to us."""

    NEW = "new"
    """Something of it can be added."""
    CONFIGURED = "configured"
    CREDENTIALS_MISSING = "credentialsMissing"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class FoundDatabase:
    """A database of a server; `config` is its configuration if it has one."""

    name: str
    config: DatabaseConfig | None = None


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A container with a database server; `message` says what is in the way of adding it."""

    container: Container
    type: str
    address: Address | None
    state: ServerState
    credentials: Credentials | None = None
    message: str | None = None
    databases: Sequence[FoundDatabase] = ()

    @property
    def labelled(self) -> bool:
        """Whether it has labels of ours."""
        return any(name.startswith(PREFIX) for name in self.container.labels)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is around us, or why that is not known."""

    problem: DockerUnavailableError | None = None
    own: Container | None = None
    servers: list[FoundServer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Way:
    """How the server in a container is reached and signed in to."""

    container: Container
    engine: str
    address: Address
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    way: Way | None = None
    error: AppError | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one chosen database."""

    container: str
    database: str
    config: DatabaseConfig | None = None
    error: AppError | None = None


async def discover(session: AsyncSession, ctx: Context) -> Discovery:
    """Look around and ask each server for its databases; an engine that cannot be asked is a result, not an error."""
    try:
        around = await look_around(ctx)
    except DockerUnavailableError as problem:
        return Discovery(problem)
    configs = list(await session.scalars(select(DatabaseConfig)))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def judge(container: Container) -> FoundServer:
        async with gate:
            return await _judge(ctx, around, container, configs)

    servers = await asyncio.gather(*map(judge, around.servers()))
    return Discovery(None, around.own, sorted(servers, key=lambda server: server.container.name.lower()))


async def add_discovered(session: AsyncSession, ctx: Context, data: DiscoveryAddInput) -> list[Added]:
    """Add the chosen databases, each with a test; one that fails leaves the others added.

    Raises:
        DockerUnavailableError: the engine cannot be asked now.
    """
    around = await look_around(ctx)
    found = {container.id: container for container in around.servers()}
    # All servers are asked before the first row is written: the catalogue is not locked while one is slow.
    asked = [await _ask(ctx, around, found.get(server.container_id), server) for server in data.servers]
    results: list[Added] = []
    for server, answer in zip(data.servers, asked, strict=True):
        for database in dict.fromkeys(server.databases):
            results.append(await _add(session, ctx, answer, database))
    if added := {result.config.container_id for result in results if result.config}:
        after_commit(session, lambda: _no_longer_unprotected(ctx, added))
    return results


def _no_longer_unprotected(ctx: Context, container_ids: Set[str | None]) -> None:
    """Whoever has just added a database must not read for a while yet that nobody did."""
    runtime = ctx.runtime
    runtime.unprotected = [container for container in runtime.unprotected if container.id not in container_ids]
    ctx.events.publish(EVENTS_CHANNEL, ChangeEvent(resource="discovery", id="containers", action="updated"))


async def add_found(session: AsyncSession, ctx: Context, way: Way, database: str) -> DatabaseConfig:
    """Add one database of a container and link the two. Raises as `add_database`."""
    form = DatabaseInput(
        name=await free_name(session, database, way.container.name),
        type=way.engine,  # type: ignore[arg-type]  # one of the registry's
        host=way.address.host,
        port=way.address.port,
        database=database,
        username=way.credentials.username,
        password=way.credentials.password.reveal(),
        container_name=way.container.name,
    )
    config = await add_database(session, ctx, form, force=False)
    link(config, way.container, way.address)
    await session.flush()
    return config


async def free_name(session: AsyncSession, database: str, container: str) -> str:
    """Return a name that no database has: its own, else with its container's."""
    taken = set(await session.scalars(select(DatabaseConfig.name)))
    number, candidate = 2, database
    while candidate in taken:
        candidate = f"{database} ({container})" if candidate == database else f"{database} ({container} {number})"
        number += candidate.endswith(f" {number})")
    return candidate[:200]


async def _judge(
    ctx: Context, around: Surroundings, container: Container, configs: Sequence[DatabaseConfig]
) -> FoundServer:
    engine = engine_types(container)[0]
    address = around.address(container, engine)
    if address is None:
        message = "No address of this container is known here: publish its port, or run this program in its network."
        return FoundServer(container, engine, None, ServerState.UNREACHABLE, message=message)
    mine = [config for config in configs if is_of(config, container, address)]
    known = read_credentials(ctx, container, engine)
    seen = [FoundDatabase(config.database_name, config) for config in mine]
    found = FoundServer(container, engine, address, ServerState.CONFIGURED, known, databases=seen)
    if known.missing and mine:
        saved = saved_connection(ctx, mine[0])
        known = Credentials(saved.username, saved.password, saved.database)
    if known.missing:
        return replace(found, state=ServerState.CREDENTIALS_MISSING, message=_sentence(known.missing))
    try:
        engine, names = await ask_databases(ctx, container, address, known)
    except DatabaseUnreachableError as error:
        return replace(found, state=ServerState.UNREACHABLE, message=error.message)
    except AppError as error:
        state = ServerState.CONFIGURED if mine else ServerState.CREDENTIALS_MISSING
        return replace(found, state=state, message=error.message)
    by_name = {config.database_name: config for config in mine}
    databases = [FoundDatabase(name, by_name.get(name)) for name in names]
    return replace(found, type=engine, state=ServerState.CONFIGURED if mine else ServerState.NEW, databases=databases)


async def _ask(
    ctx: Context, around: Surroundings, container: Container | None, server: DiscoveredServerInput
) -> _Asked:
    """Find out how databases of a server are added; what is in the way is a result, too."""
    short = server.container_id[:12]
    if container is None:
        gone = f"There is no running database container {short} around any more: look again."
        return _Asked(short, error=ValidationError.of("containerId", gone))
    try:
        engine = engine_types(container)[0]
        address = around.address(container, engine)
        if address is None:
            raise ValidationError.of("containerId", f"No address of {container.name} is known here.")
        known = _given(server) or read_credentials(ctx, container, engine)
        if known.missing:
            raise ValidationError.of("password", f"{_sentence(known.missing)} Type user and password.")
        engine, _ = await ask_databases(ctx, container, address, known)
    except AppError as error:
        return _Asked(container.name, error=error)
    return _Asked(container.name, Way(container, engine, address, known))


async def _add(session: AsyncSession, ctx: Context, asked: _Asked, database: str) -> Added:
    if asked.way is None:
        return Added(asked.name, database, None, asked.error)
    try:
        return Added(asked.name, database, await add_found(session, ctx, asked.way, database))
    except AppError as error:
        return Added(asked.name, database, None, error)


def _given(server: DiscoveredServerInput) -> Credentials | None:
    return Credentials(server.username, Secret(server.password)) if server.username else None


def _sentence(missing: str) -> str:
    return f"{missing[0].upper()}{missing[1:]}."
