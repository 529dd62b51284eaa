"""Databases: add, test, change, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET
from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, DatabaseError, FieldError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id, slug
from dbbackup.core.run_limits import LimitOverrides, saved_form
from dbbackup.core.secret import Secret
from dbbackup.db.models import RUNS, BackupExecution, DatabaseConfig, RunStatus, Verification
from dbbackup.db.models.backup_execution import WITHOUT_LONG_TEXTS
from dbbackup.db.models.base import utc_now
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Connection, Probe
from dbbackup.services.backup_deletion import find_reader, mark_deleted
from dbbackup.services.changes import announce
from dbbackup.services.connections import connection_from, reachable, saved_connection, seal_password
from dbbackup.services.container_choice import check_dump
from dbbackup.services.context import Context
from dbbackup.services.inputs import DatabaseInput, DatabaseTestInput, DatabaseUpdate

ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
_PLAIN_FIELDS = {
    "name": "name",
    "host": "host",
    "port": "port",
    "database": "database_name",
    "username": "username",
    "tls_mode": "tls_mode",
    "tls_ca": "tls_ca",
    "container_name": "container_name",
    "enabled": "enabled",
    "dump_options": "dump_options",
    "dump_via": "dump_via",
}
"""Input field to column; the password is sealed and so apart."""
_CONNECTION_FIELDS = {"host", "port", "database", "username", "tls_mode", "tls_ca"}


@dataclass(frozen=True, slots=True)
class TestResult:
    """Either a probe or the error that the server answered with."""

    probe: Probe | None
    error: DatabaseError | None


async def get_database(session: AsyncSession, database_id: str) -> DatabaseConfig:
    """Return the configuration. Raises NotFoundError."""
    config = await session.get(DatabaseConfig, database_id)
    if config is None:
        raise NotFoundError(f"There is no database {database_id}. It may have been deleted: reload the list.")
    return config


async def list_databases(
    session: AsyncSession, *, type_: str | None, enabled: bool | None, search: str | None, page: int, limit: int
) -> tuple[list[DatabaseConfig], int]:
    """Return one page in order of name, and the number of all that match."""
    query = select(DatabaseConfig)
    if type_:
        query = query.where(DatabaseConfig.type == type_)
    if enabled is not None:
        query = query.where(DatabaseConfig.enabled == enabled)
    if search:
        fields = (DatabaseConfig.name, DatabaseConfig.host, DatabaseConfig.database_name)
        query = query.where(or_(*(field.icontains(search, autoescape=True) for field in fields)))
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(func.lower(DatabaseConfig.name)).limit(limit).offset((page - 1) * limit)
    return list(await session.scalars(ordered)), total


async def add_database(session: AsyncSession, ctx: Context, data: DatabaseInput, *, force: bool) -> DatabaseConfig:
    """Save a database after a successful test; `force` saves it whatever the test said.

    Raises:
        ConflictError: the name is taken.
        ContainerExecError: it is to be dumped in its container, and that is not allowed, or it is linked to none.
        DatabaseError: the test failed and `force` is off; nothing was saved.
    """
    engine = _engine(ctx, data.type)
    await _refuse_taken_name(session, data.name)
    options = engine.parse_dump_options(data.dump_options)
    result = await _try(ctx, engine, connection_from(data))
    if result.error and not force:
        raise result.error
    config = DatabaseConfig(
        id=new_id(),
        slug=await free_slug(session, data.name),
        type=data.type,
        **{column: getattr(data, field) for field, column in _PLAIN_FIELDS.items()},
    )
    if data.dump_via == "container":
        check_dump(ctx, config)
    config.dump_options, config.limits = options, saved_form(data.limits or LimitOverrides())
    config.password_sealed = seal_password(ctx, config.id, data.password)
    _note(config, result)
    try:
        async with session.begin_nested():
            session.add(config)
    except IntegrityError as error:
        # Names were looked at before the test of the connection, which takes its time.
        raise ConflictError(
            f"Another database called {data.name} was added at the same moment. Look at the list of databases."
        ) from error
    announce(session, ctx, "database", config.id, "created")
    return config


async def change_database(
    session: AsyncSession, ctx: Context, database_id: str, data: DatabaseUpdate, *, force: bool
) -> DatabaseConfig:
    """Change the given fields; a changed connection is tested first unless `force`.

    Raises:
        NotFoundError, ConflictError (name taken), ContainerExecError (as `add_database`).
        DatabaseError: the test failed; nothing was changed.
    """
    config = await get_database(session, database_id)
    given = {f: v for f in _PLAIN_FIELDS if (v := getattr(data, f)) is not UNSET}
    if "name" in given and given["name"] != config.name:
        await _refuse_taken_name(session, given["name"])
    if "dump_options" in given:
        given["dump_options"] = _engine(ctx, config.type).parse_dump_options(given["dump_options"])
    if given.get("dump_via") == "container":
        check_dump(ctx, config, given.get("container_name", config.container_name))
    limits = config.limits if data.limits is UNSET else saved_form(data.limits)
    reconnects = data.password is not UNSET or given.keys() & _CONNECTION_FIELDS
    result = await check_unsaved(ctx, overlay(config, data), config) if reconnects else None
    if result and result.error and not force:
        raise result.error
    for field, value in given.items():
        setattr(config, _PLAIN_FIELDS[field], value)
    config.limits = limits
    if data.password is not UNSET:
        config.password_sealed = seal_password(ctx, config.id, data.password)
    if result:
        _note(config, result)
    await session.flush()
    announce(session, ctx, "database", config.id, "updated")
    return config


async def delete_database(session: AsyncSession, ctx: Context, database_id: str, *, backups: str, actor: str) -> None:
    """Delete a configuration; its backups are deleted too, or kept as records without a database.

    Raises:
        NotFoundError.
        ConflictError: a backup or restore of it is queued or running, or backups to be deleted are pinned or being
            restored elsewhere.
    """
    config = await get_database(session, database_id)
    for model in RUNS:
        active = select(model.id).where(model.database_id == database_id, model.status.in_(ACTIVE)).limit(1)
        if await session.scalar(active):
            raise ConflictError(
                f"A run of {config.name} is queued or going on."
                " Cancel it or wait for its end, then delete the database."
            )
    aside = select(Verification.id).where(Verification.target_id == database_id, Verification.status.in_(ACTIVE))
    if await session.scalar(aside.limit(1)):
        raise ConflictError(
            f"A verification restores on the server of {config.name}. Cancel it or wait for its end, then delete it."
        )
    if backups == "delete":
        theirs = select(BackupExecution).options(*WITHOUT_LONG_TEXTS)
        theirs = theirs.where(BackupExecution.database_id == database_id, BackupExecution.deleted_at.is_(None))
        doomed = (await session.scalars(theirs)).all()
        await _refuse_needed(session, config, doomed)
        for backup in doomed:
            await mark_deleted(session, ctx, backup, actor)
    # What is kept outlives its configuration: the record holds the name and the manifest.
    await session.execute(
        update(BackupExecution).where(BackupExecution.database_id == database_id).values(database_id=None)
    )
    await session.delete(config)
    await session.flush()
    announce(session, ctx, "database", database_id, "deleted")


async def check_saved(session: AsyncSession, ctx: Context, database_id: str) -> TestResult:
    """Test a saved database and keep what was seen."""
    config = await get_database(session, database_id)
    result = await _try(ctx, _engine(ctx, config.type), saved_connection(ctx, config))
    _note(config, result)
    await session.flush()
    announce(session, ctx, "database", config.id, "updated")
    return result


async def check_unsaved(ctx: Context, data: DatabaseTestInput, saved: DatabaseConfig | None) -> TestResult:
    """Test a form that is not saved; what is left out comes from the saved database.

    Raises:
        ValidationError: fields are missing and there is no saved database to take them from.
    """
    fields = ("host", "port", "database", "username")
    if saved is None:
        missing = [FieldError(f, "Fill this in.") for f in fields if getattr(data, f) is UNSET]
        if missing:
            raise ValidationError("The connection is not complete.", details=missing)
        base: dict[str, Any] = {"password": Secret("")}
    else:
        known = saved_connection(ctx, saved)
        base = {f: getattr(known, f) for f in (*fields, "password", "tls_mode", "ca_pem")}
    for name in (*fields, "tls_mode"):
        if getattr(data, name) is not UNSET:
            base[name] = getattr(data, name)
    if data.password is not UNSET:
        base["password"] = Secret(data.password)
    if data.tls_ca is not UNSET:
        base["ca_pem"] = data.tls_ca
    return await _try(ctx, _engine(ctx, saved.type if saved else data.type), Connection(**base))


def overlay(config: DatabaseConfig, data: DatabaseUpdate) -> DatabaseTestInput:
    """Return the connection fields of a change as a form to test against the saved rest."""
    names = ("host", "port", "database", "username", "password", "tls_mode", "tls_ca")
    return DatabaseTestInput(database_id=config.id, **{n: getattr(data, n) for n in names})


async def _try(ctx: Context, engine: Engine, connection: Connection) -> TestResult:
    await reachable(ctx, connection)
    try:
        return TestResult(await engine.probe(connection), None)
    except DatabaseError as error:
        return TestResult(None, error)


def _note(config: DatabaseConfig, result: TestResult) -> None:
    config.checked_at = utc_now()
    config.reachable = result.error is None
    config.last_error = result.error.message if result.error else None
    if result.probe:
        config.server_version = result.probe.server_version
        config.size = result.probe.size


def _engine(ctx: Context, type_: str) -> Engine:
    return ctx.engines[type_]


async def _refuse_taken_name(session: AsyncSession, name: str) -> None:
    if await session.scalar(select(DatabaseConfig.id).where(DatabaseConfig.name == name)):
        raise ConflictError(
            f"There is already a database called {name}.", details=[FieldError("name", "This name is taken.")]
        )


async def _refuse_needed(session: AsyncSession, config: DatabaseConfig, doomed: Sequence[BackupExecution]) -> None:
    """What may not be deleted alone is not deleted with its database either."""
    if pinned := sum(backup.pinned for backup in doomed):
        raise ConflictError(
            f"{pinned} of the backups of {config.name} {'is' if pinned == 1 else 'are'} pinned. Unpin them first, or"
            " delete the database and keep its backups."
        )
    if reader := await find_reader(session, [backup.id for backup in doomed]):
        raise ConflictError(
            f"A {reader} is reading a backup of {config.name}. Wait for its end or cancel it, then delete the database."
        )


async def free_slug(session: AsyncSession, name: str) -> str:
    """Return what stands in file names for a database of this name, and for no other one."""
    base = slug(name)
    taken = set(await session.scalars(select(DatabaseConfig.slug).where(DatabaseConfig.slug.startswith(base))))
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}_{number}", number + 1
    return candidate
