"""The log of an execution: masked, numbered without gaps, and never lost in silence."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dbbackup.core.events import LogHint
from dbbackup.core.masking import Masker
from dbbackup.core.secret import Secret
from dbbackup.services.context import Context
from dbbackup.services.execution_logs import ExecutionLogger, LogLine, read_lines, tail
from tests.unit.worker.rows import Heard


def logger(ctx: Context, run_id: str = "run") -> ExecutionLogger:
    return ExecutionLogger(ctx.catalogue, ctx.events, run_id, "backup", Masker([Secret("hidden-word")]))


async def lines(ctx: Context, run_id: str = "run", **narrowed: int) -> list[LogLine]:
    async with ctx.catalogue.sessions() as session:
        return await read_lines(session, run_id, **narrowed)  # type: ignore[arg-type]


async def rename(ctx: Context, old: str, new: str) -> None:
    async with ctx.catalogue.transaction() as session:
        await session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_say_when_lines_come_then_they_are_masked_numbered_and_told_after_they_can_be_read(ctx: Context) -> None:
    log = logger(ctx)
    log.say("info", "the hidden-word", stage="One")
    log.say("error", "second")
    await log.close()
    found = await lines(ctx)
    assert [(line.seq, line.level, line.message) for line in found] == [(1, "info", "the ***"), (2, "error", "second")]
    assert found[0].metadata == {"stage": "One"}
    assert isinstance(ctx.events, Heard)
    assert ctx.events.messages == [LogHint(execution_id="run", seq=2)]
    again = logger(ctx)
    again.say("warn", "after a restart")
    await again.close()
    await again.close()
    assert [line.seq for line in await lines(ctx, after=1)] == [2, 3]
    async with ctx.catalogue.sessions() as session:
        assert [line.seq for line in await tail(session, "run", limit=2)] == [2, 3]


async def test_say_when_the_catalogue_refuses_for_a_while_then_no_line_is_lost(ctx: Context) -> None:
    log = logger(ctx)
    await rename(ctx, "execution_log", "hidden")
    log.say("info", "first")
    await asyncio.sleep(0.3)
    with pytest.raises(SQLAlchemyError):
        await log.close()
    await rename(ctx, "hidden", "execution_log")
    log.say("info", "second")
    await log.close()
    assert [(line.seq, line.message) for line in await lines(ctx)] == [(1, "first"), (2, "second")]
