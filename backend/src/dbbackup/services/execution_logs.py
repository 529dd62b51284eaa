"""Log lines of executions: written in small batches, read by what came after a line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from loguru import logger
from msgspec import Struct
from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.events import LOGS_CHANNEL, Events, LogHint
from dbbackup.core.masking import Masker
from dbbackup.core.naming import new_id
from dbbackup.db.models import ExecutionLog
from dbbackup.db.session import Catalogue, after_commit

LEVELS = ("debug", "info", "warn", "error")
_FLUSH_SECONDS = 0.05
_COLUMNS = (
    ExecutionLog.seq,
    ExecutionLog.level,
    ExecutionLog.message,
    ExecutionLog.details,
    ExecutionLog.timestamp,
)
_LOGURU = {"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}


class LogLine(Struct, kw_only=True, rename="camel"):
    """One log line; `seq` grows by one within an execution."""

    seq: int
    level: str
    message: str
    metadata: dict[str, Any] | None
    timestamp: datetime


class ExecutionLogger:
    """Writes the log of one execution; only one exists per execution at a time.

    Lines are committed at most 50 ms after they were said, in one transaction a batch; listeners
    are told after the commit, so whoever is told can read them.
    """

    def __init__(self, catalogue: Catalogue, events: Events, execution_id: str, kind: str, masker: Masker) -> None:
        self._catalogue = catalogue
        self._events = events
        self._id = execution_id
        self._kind = kind
        self._masker = masker
        self._seq: int | None = None
        self._lines: list[LogLine] = []
        self._flushing: asyncio.Task[None] | None = None
        self._log = logger.bind(category=kind, operation=execution_id)

    def say(self, level: str, message: str, **metadata: Any) -> None:
        """Add one line; call it from the event loop's thread only."""
        text = self._masker.mask(message)
        self._log.log(_LOGURU[level], "{}", text)
        line = LogLine(seq=0, level=level, message=text, metadata=metadata or None, timestamp=datetime.now(UTC))
        self._lines.append(line)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_soon())

    async def close(self) -> None:
        """Write what is left. Raises what the catalogue raises: lines are not lost in silence."""
        if self._flushing is not None:
            await self._flushing
        if self._lines:
            await self._flush()

    def tell(self) -> None:
        """Tell who follows the log to look again: there are new lines, or the run has ended."""
        self._events.publish(LOGS_CHANNEL, LogHint(execution_id=self._id, seq=self._seq or 0))

    async def _flush_soon(self) -> None:
        try:
            await asyncio.sleep(_FLUSH_SECONDS)
            while self._lines:
                await self._flush()
        except SQLAlchemyError:
            # The lines are kept: the next line, or `close`, tries again and `close` raises.
            self._log.exception("Log lines could not be written to the catalogue")
        finally:
            self._flushing = None

    async def _flush(self) -> None:
        batch, self._lines = self._lines, []
        try:
            async with self._catalogue.transaction() as session:
                seq = self._seq if self._seq is not None else await last_seq(session, self._id)
                for number, line in enumerate(batch, start=seq + 1):
                    line.seq = number
                await session.execute(insert(ExecutionLog), [self._row(line) for line in batch])
        except SQLAlchemyError:
            self._lines = batch + self._lines
            raise
        self._seq = seq + len(batch)
        self.tell()

    def _row(self, line: LogLine) -> dict[str, Any]:
        return {
            "id": new_id(),
            "execution_id": self._id,
            "kind": self._kind,
            "seq": line.seq,
            "level": line.level,
            "message": line.message,
            "details": line.metadata,
            "timestamp": line.timestamp,
        }


async def add_lines(
    session: AsyncSession,
    events: Events,
    execution_id: str,
    kind: str,
    lines: Sequence[tuple[str, str]],
    **metadata: Any,
) -> None:
    """Add lines (level and message) in the caller's transaction, while no logger of this execution is open."""
    if not lines:
        return
    seq = await last_seq(session, execution_id)
    for level, message in lines:
        seq += 1
        session.add(
            ExecutionLog(
                execution_id=execution_id,
                kind=kind,
                seq=seq,
                level=level,
                message=message,
                details=metadata or None,
                timestamp=datetime.now(UTC),
            )
        )
    await session.flush()
    after_commit(session, lambda: events.publish(LOGS_CHANNEL, LogHint(execution_id=execution_id, seq=seq)))


async def last_seq(session: AsyncSession, execution_id: str) -> int:
    """Return the number of the newest line, 0 when there is none."""
    query = select(func.max(ExecutionLog.seq)).where(ExecutionLog.execution_id == execution_id)
    return await session.scalar(query) or 0


async def read_lines(
    session: AsyncSession, execution_id: str, *, after: int = 0, level: str | None = None, limit: int = 1000
) -> list[LogLine]:
    """Return lines with `seq` above `after`, in order; `level` is the lowest one wanted."""
    query = select(*_COLUMNS).where(ExecutionLog.execution_id == execution_id, ExecutionLog.seq > after)
    if level:
        query = query.where(ExecutionLog.level.in_(LEVELS[LEVELS.index(level) :]))
    rows = await session.execute(query.order_by(ExecutionLog.seq).limit(limit))
    return [_line(*row) for row in rows]


async def tail(session: AsyncSession, execution_id: str, limit: int = 100) -> list[LogLine]:
    """Return the newest lines, in order."""
    query = select(*_COLUMNS).where(ExecutionLog.execution_id == execution_id)
    rows = await session.execute(query.order_by(ExecutionLog.seq.desc()).limit(limit))
    return [_line(*row) for row in reversed(rows.all())]


def _line(seq: int, level: str, message: str, metadata: dict[str, Any] | None, timestamp: datetime) -> LogLine:
    return LogLine(seq=seq, level=level, message=message, metadata=metadata, timestamp=timestamp)
