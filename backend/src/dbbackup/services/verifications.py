"""Verifications: queue, list, cancel, and what was proven last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.db.memory import OF_RESTORES
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    DatabaseConfig,
    RunStatus,
    S3Config,
    TargetKind,
    Verification,
)
from dbbackup.db.models.base import JsonDict
from dbbackup.db.remembering import remembered
from dbbackup.services.backups import get_backup, request_cancel
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.downloads import backup_manifest, choose_copy
from dbbackup.services.inputs import VerifyInput
from dbbackup.services.scratch_containers import plan

RESTORES = 3
"""The level that restores into a scratch database."""
ASSERTS = 4
"""The level that runs the user's own assertions there."""
SCHEDULE = "schedule"
REREADING = "rereading"
"""Who started a verification that nobody asked for: after every so many backups, and to read every byte again."""


class Proof(NamedTuple):
    """When a trial restore ended, and how many seconds it took."""

    completed_at: datetime | None
    restore_seconds: float | None


async def queue_verification(
    session: AsyncSession, ctx: Context, backup_id: str, data: VerifyInput, actor: str
) -> Verification:
    """Put a verification of one copy into the queue.

    Raises:
        NotFoundError: no such backup, copy or target.
        ConflictError: the backup or copy is not complete, level 3 has no server to restore on, or level 4 no assertion.
        ScratchContainerError: it is to be in a container, and that is not allowed or cannot be had.
    """
    verification = await _new(session, ctx, backup_id, data, actor)
    if verification.target_kind == TargetKind.CONTAINER:
        # Whoever asks learns at once what is in the way; what a schedule asks for fails when it runs, and that is told.
        await plan(ctx, await session.get_one(DatabaseConfig, verification.target_id))
    return await _add(session, ctx, verification)


async def queue_due(session: AsyncSession, ctx: Context, backup: BackupExecution) -> Verification | None:
    """Queue the verification that a schedule wants after every so many of its completed backups."""
    schedule = await session.get(BackupSchedule, backup.schedule_id) if backup.schedule_id else None
    if schedule is None or not schedule.verify_every:
        return None
    # Up to this one: the next may have completed since.
    done = select(func.count()).where(
        BackupExecution.schedule_id == schedule.id,
        BackupExecution.status == RunStatus.COMPLETED,
        BackupExecution.completed_at <= backup.completed_at,
    )
    if (await session.scalar(done) or 0) % schedule.verify_every:
        return None
    config = await session.get_one(DatabaseConfig, schedule.database_id)
    # Assertions may be gone by now: what can be proven without them is.
    level = schedule.verify_level if config.assertions else min(schedule.verify_level, RESTORES)
    return await _add(session, ctx, await _new(session, ctx, backup.id, VerifyInput(level=level), SCHEDULE))


async def get_verification(session: AsyncSession, verification_id: str) -> Verification:
    """Return a verification. Raises NotFoundError."""
    verification = await session.get(Verification, verification_id)
    if verification is None:
        raise NotFoundError(f"There is no verification {verification_id}.")
    return verification


async def list_verifications(
    session: AsyncSession, *, backup_id: str | None, database_id: str | None, status: str | None, page: int, limit: int
) -> tuple[list[tuple[Verification, list[JsonDict]]], int]:
    """Return one page, newest first, each with its checks, and the number of all that match.

    That is all that is read of the results: they name every table.
    """
    query = select(Verification.id)
    for column, value in (
        (Verification.backup_id, backup_id),
        (Verification.database_id, database_id),
        (Verification.status, status),
    ):
        if value:
            query = query.where(column == value)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = (Verification.created_at.desc(), Verification.id.desc())
    ids = query.order_by(*newest).limit(limit).offset((page - 1) * limit)
    rows = await session.execute(
        select(Verification, Verification.result["checks"])
        .where(Verification.id.in_(ids))
        .options(defer(Verification.result, raiseload=True))
        .order_by(*newest)
    )
    return [(verification, checks) for verification, checks in rows], total


async def queue_positions(session: AsyncSession) -> dict[str, int]:
    """Return the place of every queued verification, from 1."""
    order = (Verification.created_at, Verification.id)
    queued = select(Verification.id).where(Verification.status == RunStatus.QUEUED).order_by(*order)
    return {id_: place for place, id_ in enumerate(await session.scalars(queued), start=1)}


async def cancel_verification(session: AsyncSession, ctx: Context, verification_id: str) -> Verification:
    """Cancel at once what is queued; ask the worker to stop what is running. Raises ConflictError."""
    verification = await get_verification(session, verification_id)
    await request_cancel(session, ctx, verification)
    await session.flush()
    return verification


async def last_proofs(session: AsyncSession, database_ids: Iterable[str]) -> dict[str, Proof]:
    """Return the newest successful trial restore of each database. It is shared: nobody may change it."""
    ids = tuple(database_ids)

    async def read() -> dict[str, Proof]:
        newest = select(func.max(Verification.id)).where(
            Verification.database_id.in_(ids),
            Verification.level >= RESTORES,
            Verification.status == RunStatus.COMPLETED,
        )
        shown = (Verification.database_id, Verification.completed_at, Verification.restore_seconds)
        query = select(*shown).where(Verification.id.in_(newest.group_by(Verification.database_id)))
        return {id_: Proof(at, seconds) for id_, at, seconds in await session.execute(query) if id_}

    return await remembered(session, ("last proofs", ids), read, of=OF_RESTORES)


async def _new(session: AsyncSession, ctx: Context, backup_id: str, data: VerifyInput, actor: str) -> Verification:
    backup = await get_backup(session, backup_id)
    manifest = backup_manifest(backup)
    copy = _choose(backup, data.copy_id)
    config = await session.get(DatabaseConfig, backup.database_id) if backup.database_id else None
    target, kind = None, TargetKind.SERVER
    if data.level >= RESTORES:
        target, kind = await _target(session, config, data)
        if manifest.source.engine not in ctx.engines[target.type].restores:
            raise ConflictError(
                f"{target.name} is {target.type}: a backup of {manifest.source.engine} does not fit its server."
            )
    elif data.target_database_id is not None or data.target_kind is not None:
        field = "targetDatabaseId" if data.target_database_id is not None else "targetKind"
        raise ValidationError.of(field, "Only levels 3 and 4 restore: leave the target out, or raise it.")
    if data.level >= ASSERTS and not (config and config.assertions):
        raise ConflictError("This database has no assertions: add some on its page, or verify at level 3.")
    return Verification(
        id=new_id(),
        backup_id=backup.id,
        copy_id=copy.id,
        storage=await _where(session, copy),
        database_id=backup.database_id,
        database_name=backup.database_name,
        target_id=target.id if target else None,
        target_kind=kind,
        level=data.level,
        status=RunStatus.QUEUED,
        result={"checks": [], "tables": []},
        started_by=actor,
    )


async def _add(session: AsyncSession, ctx: Context, verification: Verification) -> Verification:
    session.add(verification)
    await session.flush()
    announce_run(session, ctx, verification)
    return verification


def _choose(backup: BackupExecution, copy_id: str | None) -> BackupCopy:
    """Return the copy to read. One that was found damaged may be read again: it may be well by now."""
    damaged = [c for c in backup.copies if c.state == CopyState.DAMAGED and copy_id in (None, c.id)]
    whole = copy_id is None and any(c.state == CopyState.COMPLETE for c in backup.copies)
    return damaged[0] if damaged and not whole else choose_copy(backup, copy_id)


async def _target(
    session: AsyncSession, config: DatabaseConfig | None, data: VerifyInput
) -> tuple[DatabaseConfig, TargetKind]:
    """Return on whose server to restore: the named one, that of the database's settings, or its own.

    For a container it is the database whose container's image is run: its own.
    """
    if data.target_database_id is not None:
        if data.target_kind == "container":
            raise ValidationError.of("targetDatabaseId", "A throwaway container is no server: leave this out.")
        return await get_database(session, data.target_database_id), TargetKind.SERVER
    if config is None:
        raise ConflictError(
            "The database of this backup was deleted here: there is no server to restore on. Name a target, or use 2."
        )
    kind = TargetKind(data.target_kind or config.verify_target_kind)
    if kind == TargetKind.CONTAINER:
        return config, kind
    chosen = await session.get(DatabaseConfig, config.verify_target_id) if config.verify_target_id else None
    return chosen or config, kind


async def _where(session: AsyncSession, copy: BackupCopy) -> str:
    config = await session.get(S3Config, copy.s3_config_id) if copy.s3_config_id else None
    return f"{config.name} (bucket {config.bucket})" if config else "the local disk"
