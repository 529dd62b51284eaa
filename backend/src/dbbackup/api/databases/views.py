"""Turns stored databases into what the API shows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.databases.schemas import Assertion, ConnectionTest, DatabaseView, LastBackup
from dbbackup.api.envelope import ErrorBody, FieldProblem
from dbbackup.core.run_limits import overrides
from dbbackup.db.models import DatabaseConfig
from dbbackup.services.container_choice import dump_choice, scratch_choice
from dbbackup.services.context import Context
from dbbackup.services.databases import TestResult
from dbbackup.services.newest_backups import Newest, newest_of_databases
from dbbackup.services.proofs import Recoverability, recoverability
from dbbackup.services.schedules import Upcoming, upcoming


async def database_views(session: AsyncSession, ctx: Context, configs: Sequence[DatabaseConfig]) -> list[DatabaseView]:
    """Return the views with each database's newest and newest good backup."""
    ids = [config.id for config in configs]
    newest, found = await newest_of_databases(session, ids), await recoverability(session, ids)
    plans = await upcoming(session, ids)
    return [_view(ctx, config, newest.get(config.id), found[config.id], plans.get(config.id)) for config in configs]


def test_view(result: TestResult) -> ConnectionTest:
    """Return the result of a connection test."""
    error = None
    if result.error is not None:
        details = [FieldProblem(field=d.field, message=d.message) for d in result.error.details]
        error = ErrorBody(code=result.error.code, message=result.error.message, details=details)
    return ConnectionTest(ok=result.error is None, probe=result.probe, error=error)


def _view(
    ctx: Context,
    config: DatabaseConfig,
    last: Newest | None,
    found: Recoverability,
    plan: Upcoming | None,
) -> DatabaseView:
    return DatabaseView(
        id=config.id,
        name=config.name,
        slug=config.slug,
        type=config.type,
        host=config.host,
        port=config.port,
        database=config.database_name,
        username=config.username,
        has_password=config.password_sealed is not None,
        tls_mode=config.tls_mode,
        tls_ca=config.tls_ca,
        container_name=config.container_name,
        container_state=config.container_state,
        managed_by=config.managed_by,
        enabled=config.enabled,
        dump_options=config.dump_options,
        limits=overrides(config.limits),
        dump_via=config.dump_via,
        container_dump=dump_choice(ctx, config),
        server_version=config.server_version,
        size=config.size,
        reachable=config.reachable,
        checked_at=config.checked_at,
        last_error=config.last_error,
        last_backup=_last(last) if last else None,
        last_good_backup_at=found.last_good_at,
        next_backup_at=plan.next_run_at if plan and config.enabled else None,
        schedules=plan.schedules if plan else 0,
        last_proven_at=found.proven_at,
        last_restore_seconds=found.rto_seconds,
        rpo_seconds=found.rpo_seconds,
        rto_seconds=found.rto_seconds,
        assertions=msgspec.convert(config.assertions, list[Assertion]),
        verify_target_id=config.verify_target_id,
        verify_target_kind=config.verify_target_kind,
        scratch_container=scratch_choice(ctx, config),
        created_at=config.created_at,
        updated_at=config.updated_at,
    )


def _last(backup: Newest) -> LastBackup:
    return LastBackup(
        id=backup.id,
        status=backup.status,
        completed_at=backup.completed_at,
        created_at=backup.created_at,
        size=backup.size,
    )
