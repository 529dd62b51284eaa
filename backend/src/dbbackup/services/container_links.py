"""Links of databases to containers: a new address, a new name and the end of a container are followed."""

from __future__ import annotations

from loguru import logger
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.container_labels import read_labels
from dbbackup.core.container_servers import engine_types
from dbbackup.core.containers import GONE, RUNNING, STOPPED, Address, Container, is_interim_name, names_of
from dbbackup.core.errors import AppError
from dbbackup.db.models import DatabaseConfig
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.databases import check_saved
from dbbackup.services.surroundings import Surroundings

_log = logger.bind(category="discovery")


def link(config: DatabaseConfig, container: Container, address: Address) -> None:
    """Bind a database to a container at the address it is reached at now."""
    config.container_id, config.container_name = container.id, container.name
    config.container_address, config.container_state = str(address), RUNNING


def is_of(config: DatabaseConfig, container: Container, address: Address) -> bool:
    """Tell whether a database is one of the server in this container: by its link, or by where it is reached."""
    if config.container_id == container.id or str(address) == f"{config.host}:{config.port}":
        return True
    if config.container_name == container.name:
        return True
    return config.host.lower() in names_of(container) and config.port in container.ports


async def has_links(session: AsyncSession) -> bool:
    """Tell whether any database is linked to a container."""
    return await session.scalar(_linked().with_only_columns(DatabaseConfig.id).limit(1)) is not None


async def follow_links(ctx: Context, around: Surroundings) -> list[str]:
    """Bring every link up to date; return the databases whose connection should be tested now, by id."""
    by_id = {container.id: container for container in around.containers}
    by_name = {container.name: container for container in around.containers}
    to_test = []
    async with ctx.catalogue.transaction() as session:
        for config in await session.scalars(_linked()):
            container = by_id.get(config.container_id or "") or by_name.get(config.container_name or "")
            came_up = config.container_state != RUNNING
            changed = _lost(config) if container is None else _follow(config, container, around)
            if changed:
                announce(session, ctx, "database", config.id, "updated")
                if config.container_state == RUNNING and (came_up or changed == "moved"):
                    to_test.append(config.id)
    return to_test


async def find_unprotected(ctx: Context, around: Surroundings) -> list[Container]:
    """Return the database containers around of which no database is added; a label may say that this is meant."""
    async with ctx.catalogue.sessions() as session:
        configs = list(await session.scalars(select(DatabaseConfig)))
    found = []
    for container in around.servers():
        wish, _ = read_labels(container.name, container.labels)
        address = around.address(container, engine_types(container)[0])
        meant = wish is not None and not wish.enabled
        if address and not meant and not any(is_of(config, container, address) for config in configs):
            found.append(container)
    return found


async def test_again(ctx: Context, config_id: str) -> bool:
    """Test a linked database and keep what was seen; return whether it answers."""
    try:
        async with ctx.catalogue.transaction() as session:
            return (await check_saved(session, ctx, config_id)).error is None
    except AppError:
        return False  # deleted meanwhile, or at an address that is not connected to: what it says is known


def _linked() -> Select[DatabaseConfig]:
    return select(DatabaseConfig).where(
        or_(DatabaseConfig.container_id.is_not(None), DatabaseConfig.container_name.is_not(None))
    )


def _lost(config: DatabaseConfig) -> str | None:
    if config.container_state == GONE:
        return None
    if config.container_id is None:
        return None  # a name that somebody typed and that never stood for a container
    _state(config, GONE, f"Its container {config.container_name} is gone.")
    return "state"


def _follow(config: DatabaseConfig, container: Container, around: Surroundings) -> str | None:
    changed = None
    known = config.container_name or ""
    if config.container_id != container.id:
        config.container_id, changed = container.id, "moved"
    if container.name != known and not is_interim_name(container.name, known):
        _log.info("{} follows its container from {} to {}", config.name, known, container.name)
        config.container_name, changed = container.name, "renamed"
    if not container.running:
        if config.container_state != STOPPED:
            _state(config, STOPPED, f"Its container {container.name} is stopped.")
            changed = "state"
        return changed
    if config.container_state != RUNNING:
        config.container_state, changed = RUNNING, "state"
    return "moved" if _move(config, container, around) else changed


def _move(config: DatabaseConfig, container: Container, around: Surroundings) -> bool:
    """Follow to a new address, unless somebody chose another way to the server by hand."""
    address, present = around.address(container, config.type), f"{config.host}:{config.port}"
    if config.container_address is None and config.host in {n.address for n in container.networks if n.address}:
        config.container_address = present  # typed in by its address, which will not last
    if address is None or config.container_address != present or str(address) == present:
        return False
    _log.info("{} is at {} now, no longer at {}", config.name, address, present)
    config.host, config.port, config.container_address = address.host, address.port, str(address)
    return True


def _state(config: DatabaseConfig, state: str, reason: str) -> None:
    _log.warning("{}: {}", config.name, reason)
    config.container_state, config.reachable = state, False
    config.last_error, config.checked_at = reason, utc_now()
