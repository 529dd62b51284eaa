"""Backups of the past, schedules and policies, written as the product itself would have written them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from dbbackup.core.naming import new_id, random_token
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    ExecutionLog,
    RunStatus,
    SystemSetting,
)
from dbbackup.db.models.base import utc_now
from tests.api.running_app import RunningApp
from tests.api.support import unique


def policy(app: RunningApp, **rules: Any) -> Any:
    """Add a policy; return what the API shows of it."""
    return app.api.post("/retention-policies", {"name": unique("Policy"), **rules})


def schedule(app: RunningApp, database: Any, policy_id: str | None, **changes: Any) -> str:
    """Give the database a schedule that never runs by itself; return its id."""
    values: dict[str, Any] = {
        "id": new_id(),
        "database_id": database["id"],
        "type": "daily",
        "cron_expression": "0 2 * * *",
        "timezone": "UTC",
        "enabled": False,
        "retention_policy_id": policy_id,
        "options": {},
        "blackout": [],
    }
    row = BackupSchedule(**values | changes)
    save(app, row)
    return row.id


def past(app: RunningApp, database: Any, days: Sequence[float], **changes: Any) -> list[str]:
    """Write completed backups of so many days ago; their files do not exist. Return their ids."""
    rows = []
    for age in days:
        at = utc_now() - timedelta(days=age)
        copy = BackupCopy(id=new_id(), position=0, state=CopyState.COMPLETE, key=f"none/{new_id()}.dump")
        values: dict[str, Any] = {
            "id": new_id(),
            "database_id": database["id"],
            "database_name": database["name"],
            "engine": "postgresql",
            "run_token": random_token(12),
            "type": "daily",
            "status": RunStatus.COMPLETED,
            "created_at": at,
            "started_at": at,
            "completed_at": at,
            "file_name": f"{age}.dump",
            "size": 1000,
            "compression": "gzip",
            "options": {},
            "copies": [copy],
        }
        rows.append(BackupExecution(**values | changes))
    save(app, *rows)
    return [row.id for row in rows]


def save(app: RunningApp, *rows: Any) -> None:
    async def write() -> None:
        async with app.ctx.catalogue.transaction() as session:
            session.add_all(rows)

    app.run(write())


def change(app: RunningApp, model: Any, row_id: str, **values: Any) -> None:
    """Change a row behind the product's back."""

    async def write() -> None:
        async with app.ctx.catalogue.transaction() as session:
            row = await session.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    app.run(write())


def backdate(app: RunningApp, backup: Any, days: float) -> None:
    """Let a real backup have been made so many days ago."""
    at = utc_now() - timedelta(days=days)
    change(app, BackupExecution, backup["id"], created_at=at, started_at=at, completed_at=at)


def stored(app: RunningApp, key: str) -> str | None:
    """Return a setting as the catalogue holds it."""

    async def read() -> str | None:
        async with app.ctx.catalogue.sessions() as session:
            found: str | None = await session.scalar(select(SystemSetting.value).where(SystemSetting.key == key))
            return found

    return app.run(read())


def deletions(app: RunningApp, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return who deleted which of the backups, and why."""

    async def read() -> dict[str, tuple[str | None, str | None]]:
        async with app.ctx.catalogue.sessions() as session:
            query = select(BackupExecution).where(BackupExecution.id.in_(ids), BackupExecution.deleted_at.is_not(None))
            return {row.id: (row.deleted_by, row.deleted_reason) for row in await session.scalars(query)}

    return app.run(read())


def store(app: RunningApp, key: str, value: str) -> None:
    """Write a setting that is there into the catalogue."""

    async def write() -> None:
        async with app.ctx.catalogue.transaction() as session:
            await session.execute(update(SystemSetting).where(SystemSetting.key == key).values(value=value))

    app.run(write())


def lines_of(app: RunningApp, execution_id: str) -> int:
    """Return how many log lines a run has."""

    async def count() -> int:
        async with app.ctx.catalogue.sessions() as session:
            query = select(func.count()).select_from(ExecutionLog).where(ExecutionLog.execution_id == execution_id)
            return await session.scalar(query) or 0

    return app.run(count())


def drop_stacks(app: RunningApp) -> None:
    """Make gaps in the catalogue's file."""

    async def write() -> None:
        async with app.ctx.catalogue.transaction() as session:
            await session.execute(update(BackupExecution).values(error_stack=None))

    app.run(write())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
