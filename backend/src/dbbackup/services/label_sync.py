"""Keeps databases in step with the labels of containers: added, updated, disabled; never deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loguru import logger
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import SYSTEM
from dbbackup.core.container_labels import ALL_DATABASES, LabelNotice, Wish, read_labels
from dbbackup.core.container_servers import engine_types
from dbbackup.core.containers import Container, shares_network
from dbbackup.core.errors import AppError, ValidationError
from dbbackup.db.models import DatabaseConfig
from dbbackup.services import audit
from dbbackup.services.connections import saved_connection
from dbbackup.services.container_links import is_of
from dbbackup.services.context import Context
from dbbackup.services.databases import change_database
from dbbackup.services.discovery import Way, add_found
from dbbackup.services.inputs import DatabaseUpdate
from dbbackup.services.label_schedules import disable_schedules, keep_schedule
from dbbackup.services.surroundings import Surroundings, ask_databases, read_credentials

LABELS = "labels"
_MAINTENANCE = "postgres"
_log = logger.bind(category="discovery")


@dataclass(slots=True)
class _Round:
    """What one look at all labels comes to."""

    notices: list[LabelNotice] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    """Databases that labels ask for."""
    left_alone: set[str] = field(default_factory=set)
    """Containers of which it is not known what they ask for now."""

    def note(self, container: Container, message: str, label: str = "") -> None:
        self.notices.append(LabelNotice(container.name, label, message))


async def sync_labels(ctx: Context, around: Surroundings) -> None:
    """Do what the labels ask for; what is wrong with them goes into `runtime.label_notices`, and once into the log."""
    done = _Round()
    for container in around.containers:
        wish, notices = read_labels(container.name, container.labels)
        done.notices += notices
        if notices or (wish and wish.enabled and not container.running):
            done.left_alone.add(container.id)
        elif wish and wish.enabled:
            await _keep(ctx, around, container, wish, done)
    await _disable_rest(ctx, done)
    for notice in done.notices:
        if notice not in ctx.runtime.label_notices:
            _log.warning("Container {}, label {}: {}", notice.container, notice.label or "-", notice.message)
    ctx.runtime.label_notices = done.notices


async def _keep(ctx: Context, around: Surroundings, container: Container, wish: Wish, done: _Round) -> None:
    try:
        way = _way(ctx, around, container, wish)
        async with ctx.catalogue.sessions() as session:
            known = await _known(session, way)
        way, wanted = await _wanted(ctx, way, wish, known)
    except AppError as error:
        done.note(container, error.message)
        done.left_alone.add(container.id)
        return
    for database in wanted:
        config = known.get(database)
        if config is not None and config.managed_by != LABELS:
            done.note(container, f"{database} was added by hand as {config.name}: its labels are not applied.")
            continue
        if config is not None:
            done.kept.add(config.id)
        try:
            done.kept.add(await _keep_database(ctx, way, database, config))
            await _keep_schedule(ctx, await _id_of(ctx, way, database), wish)
        except ValidationError as error:
            label = error.details[0].field if error.details else ""
            done.note(container, error.message, label if label.startswith("db-backup.") else "")
        except AppError as error:
            done.note(container, f"{database}: {error.message}")


def _way(ctx: Context, around: Surroundings, container: Container, wish: Wish) -> Way:
    """Return how the server is reached. Raises ValidationError."""
    types = engine_types(container)
    if not types:
        raise ValidationError(
            f"The image {container.image} is no PostgreSQL, MySQL or MariaDB, and exposes neither port 5432 nor 3306."
        )
    if around.own is not None and not shares_network(container, around.own):
        raise ValidationError("It is on no network that this program is on: add this program to one of its networks.")
    address = around.address(container, types[0])
    if address is None:
        raise ValidationError("No address of it is known here: publish its port, or run this program in its network.")
    found = read_credentials(ctx, container, types[0], username=wish.username, password_variable=wish.password_variable)
    return Way(container, types[0], address, found)


async def _known(session: AsyncSession, way: Way) -> dict[str, DatabaseConfig]:
    """Return the databases of this server by their own names; those that labels own win."""
    query = select(DatabaseConfig).order_by(DatabaseConfig.managed_by.is_not(None), DatabaseConfig.id)
    mine = [config for config in await session.scalars(query) if is_of(config, way.container, way.address)]
    return {config.database_name: config for config in mine}


async def _wanted(ctx: Context, way: Way, wish: Wish, known: dict[str, DatabaseConfig]) -> tuple[Way, list[str]]:
    """Return the databases that the labels ask for; the server is asked only if that is needed to know.

    Raises:
        ValidationError: the credentials are not known. DatabaseError: the server does not answer, or refuses.
    """
    told = [way.credentials.database] if way.credentials.database else []
    named = list(wish.databases or told)
    if named and ALL_DATABASES not in named and all(name in known for name in named):
        return way, named
    if way.credentials.missing:
        raise ValidationError(
            f"Its databases cannot be added: {way.credentials.missing}. The label db-backup.password-env names another"
            " variable."
        )
    engine, names = await ask_databases(ctx, way.container, way.address, way.credentials)
    way = Way(way.container, engine, way.address, way.credentials)
    if named and ALL_DATABASES not in named:
        return way, named
    return way, [name for name in names if name != _MAINTENANCE] or names


async def _keep_database(ctx: Context, way: Way, database: str, config: DatabaseConfig | None) -> str:
    async with ctx.catalogue.transaction() as session:
        if config is None:
            added = await add_found(session, ctx, way, database)
            added.managed_by = LABELS
            await audit.record(session, ctx, SYSTEM, "syncLabels", container=way.container.name, added=database)
            _log.info("Labels of {} add the database {}", way.container.name, database)
            return added.id
        changes = _changes(ctx, way, config)
        if changes:
            await change_database(session, ctx, config.id, DatabaseUpdate(**changes), force=True)
            await audit.record(session, ctx, SYSTEM, "syncLabels", container=way.container.name, changed=database)
            _log.info("Labels of {} change the database {}: {}", way.container.name, database, ", ".join(changes))
        return config.id


def _changes(ctx: Context, way: Way, config: DatabaseConfig) -> dict[str, Any]:
    changes: dict[str, Any] = {} if config.enabled else {"enabled": True}
    if not way.credentials.missing:
        saved = saved_connection(ctx, config)
        if saved.username != way.credentials.username:
            changes["username"] = way.credentials.username
        if saved.password.reveal() != way.credentials.password.reveal():
            changes["password"] = way.credentials.password.reveal()
    return changes


async def _id_of(ctx: Context, way: Way, database: str) -> str:
    async with ctx.catalogue.sessions() as session:
        return (await _known(session, way))[database].id


async def _keep_schedule(ctx: Context, database_id: str, wish: Wish) -> None:
    async with ctx.catalogue.transaction() as session:
        if await keep_schedule(session, ctx, database_id, wish):
            await audit.record(session, ctx, SYSTEM, "syncLabels", schedule=wish.schedule_type or "none")


async def _disable_rest(ctx: Context, done: _Round) -> None:
    """What no label asks for any more is disabled; its backups stay, and so does what retention does to them."""
    async with ctx.catalogue.transaction() as session:
        owned = select(DatabaseConfig).where(
            DatabaseConfig.managed_by == LABELS,
            DatabaseConfig.enabled,
            DatabaseConfig.id.not_in(done.kept),
            or_(DatabaseConfig.container_id.is_(None), DatabaseConfig.container_id.not_in(done.left_alone)),
        )
        for config in (await session.scalars(owned)).all():
            await disable_schedules(session, ctx, config.id)
            await change_database(session, ctx, config.id, DatabaseUpdate(enabled=False), force=True)
            await audit.record(
                session, ctx, SYSTEM, "syncLabels", container=config.container_name, disabled=config.name
            )
            _log.warning("No label asks for {} any more: it is disabled, its backups stay", config.name)
