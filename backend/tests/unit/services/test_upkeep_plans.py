"""The copy that was looked at, or read, longest ago: found without going through all that there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models.base import utc_now
from dbbackup.db.session import Catalogue
from dbbackup.services.upkeep import look_for_copies, queue_rereading
from tests.catalogue import make_catalogue


async def _look(_session: AsyncSession, ctx: Any) -> Any:
    return await look_for_copies(ctx, utc_now())


async def _read_all(session: AsyncSession, ctx: Any) -> Any:
    return await queue_rereading(session, ctx, utc_now())


async def _read_local(session: AsyncSession, ctx: Any) -> Any:
    ctx.live.reread_s3 = False
    return await queue_rereading(session, ctx, utc_now())


@pytest.mark.sqlite("what PostgreSQL chooses depends on its own figures")
@pytest.mark.parametrize(
    ("due", "index"),
    [
        (_look, "ix_backup_copy_by_last_look"),
        (_read_all, "ix_backup_copy_by_last_reading"),
        (_read_local, "ix_backup_copy_by_last_reading"),
    ],
)
async def test_what_is_due_is_found_in_its_order_by_an_index(
    tmp_path: Path, due: Callable[[AsyncSession, Any], Awaitable[Any]], index: str
) -> None:
    catalogue, plans = Catalogue(make_catalogue(tmp_path / "app.db")), list[str]()

    def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if "FROM backup_copy" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" ".join(row[3] for row in cursor.fetchall()))

    event.listen(catalogue.engine.sync_engine, "before_cursor_execute", explain)
    live = SimpleNamespace(presence_hours=24, reread_days=30, reread_s3=True)
    ctx = SimpleNamespace(catalogue=catalogue, live=live)
    async with catalogue.sessions() as session:
        assert not await due(session, ctx)
    await catalogue.close()
    [plan] = plans
    assert f"SEARCH backup_copy USING INDEX {index} (state=? AND <expr><?)" in plan
    assert "TEMP B-TREE" not in plan
