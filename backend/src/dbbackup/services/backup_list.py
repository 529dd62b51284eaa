"""The list of backups: filtered, sorted, in pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    bindparam,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.spans import Span, coarse_spans, fine_spans
from dbbackup.db.functions import unindexed
from dbbackup.db.memory import ALL
from dbbackup.db.models import BackupCopy, BackupExecution, BackupSchedule, CopyState, S3Config
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.db.models.base import JsonDict, utc_now
from dbbackup.db.remembering import remembered_apart, within
from dbbackup.services.deep_pages import DEEP, skip_spans


class ListedCopy(NamedTuple):
    """What lists show of a copy."""

    backup_id: str
    id: str
    position: int
    s3_config_id: str | None
    s3_config_name: str | None
    path_prefix: str | None
    bucket: str | None
    key: str | None
    version: str | None
    etag: str | None
    size: int | None
    sha256: str | None
    state: str
    error_message: str | None
    locked_until: datetime | None
    upload_started_at: datetime | None
    upload_completed_at: datetime | None
    checked_at: datetime | None
    seen_at: datetime | None


class ListedBackup(NamedTuple):
    """What lists show of a backup. Not the record: making 50 of those with their copies takes three times as long."""

    copies: list[ListedCopy]
    id: str
    database_id: str | None
    database_name: str
    engine: str
    type: str
    status: str
    label: str | None
    pinned: bool
    retention_policy_id: str | None
    keep_forever: bool
    deleted_at: datetime | None
    deleted_by: str | None
    deleted_reason: str | None
    file_name: str | None
    size: int | None
    plain_size: int | None
    source_size: int | None
    compression: str
    compression_level: int | None
    encryption: str | None
    sha256: str | None
    plain_sha256: str | None
    server_version: str | None
    tool_version: str | None
    schedule_id: str | None
    schedule_name: str | None
    """Its expression, where it has none."""
    slot: datetime | None
    not_before: datetime | None
    attempt: int
    verified_level: int | None
    verified_at: datetime | None
    damage: str | None
    anomalies: list[JsonDict]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    error_code: str | None
    error_message: str | None


# Of columns, not of records, and made once: 50 columns are half of the work of asking for them.
_RUN, _COPY = BackupExecution.__table__, BackupCopy.__table__
_SCHEDULE, _CONFIG = BackupSchedule.__table__, S3Config.__table__
_JOINED = {
    "schedule_name": func.coalesce(func.nullif(_SCHEDULE.c.name, ""), _SCHEDULE.c.cron_expression),
    "s3_config_name": _CONFIG.c.name,
    "path_prefix": _CONFIG.c.path_prefix,
}
_ROWS = (
    select(*(_JOINED[name] if name in _JOINED else _RUN.c[name] for name in ListedBackup._fields[1:]))
    .select_from(_RUN.outerjoin(_SCHEDULE, _SCHEDULE.c.id == _RUN.c.schedule_id))
    .where(_RUN.c.id.in_(bindparam("ids", expanding=True)))
)
_COPIES = (
    select(*(_JOINED[name] if name in _JOINED else _COPY.c[name] for name in ListedCopy._fields))
    .select_from(_COPY.outerjoin(_CONFIG, _CONFIG.c.id == _COPY.c.s3_config_id))
    .where(_COPY.c.backup_id.in_(bindparam("ids", expanding=True)))
    .order_by(_COPY.c.position)
)
_NOWHERE: dict[str, Any] = {"s3_config_name": None, "path_prefix": None}
_UNKNOWN = {"size": BackupExecution.size, "duration": BackupExecution.duration}
"""What a run may be without: such runs come last, whichever way is sorted."""
_SORTS = {
    "createdAt": BackupExecution.created_at,
    "databaseName": func.lower(BackupExecution.database_name),
    "type": BackupExecution.type,
    "status": BackupExecution.status,
    **_UNKNOWN,
}
SORTS = tuple(_SORTS)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class BackupFilter:
    """What a list is narrowed to; None means all."""

    database_id: str | None = None
    status: str | None = None
    type: str | None = None
    s3: str | None = None
    """`complete`, `failed`, `pending`, or `none` for backups without an S3 copy."""
    start: datetime | None = None
    end: datetime | None = None
    schedule_id: str | None = None
    undeleted: bool = False
    """True: only backups that were deleted while files of theirs are still stored somewhere."""


async def list_backups(
    session: AsyncSession, wanted: BackupFilter, *, sort: str, page: int, limit: int
) -> tuple[list[ListedBackup], int]:
    """Return one page and the number of all that match; `sort` is a name of SORTS, `-` before it descends."""
    query = _filtered(wanted)
    total = await _count(session, wanted, query)
    skipped = (page - 1) * limit
    # From the end that is nearer: what is skipped is gone through, be it by an index.
    backwards = skipped > total // 2
    if backwards:
        limit = max(0, min(limit, total - skipped))
        skipped = max(0, total - skipped - limit)
    # The ids first: what is skipped is not read then, and an index holds all that is sorted and filtered by.
    ids = query.with_only_columns(BackupExecution.id)
    if skipped > DEEP and sort.removeprefix("-") == "createdAt" and wanted.status in (None, *FINAL):
        down, of = sort.startswith("-") != backwards, wanted.database_id or ALL
        counted = _filtered(wanted, of_most=True).with_only_columns(BackupExecution.id)
        ids, skipped = await skip_spans(session, wanted, counted, skipped, down=down, database_id=of)
    ids = ids.order_by(*_order(sort, backwards=backwards)).limit(limit).offset(skipped)
    wanted_ids = list(await session.scalars(ids))
    if backwards:
        wanted_ids.reverse()
    return await _read(session, wanted_ids), total


async def as_listed(session: AsyncSession, backup: BackupExecution) -> ListedBackup:
    """Return what lists show of a backup, as its record has it: what is read anew may be of a later moment."""
    schedule = select(_JOINED["schedule_name"]).where(_SCHEDULE.c.id == backup.schedule_id)
    name = await session.scalar(schedule) if backup.schedule_id else None
    ids = {copy.s3_config_id for copy in backup.copies} - {None}
    configs = select(_CONFIG.c.id, _CONFIG.c.name, _CONFIG.c.path_prefix).where(_CONFIG.c.id.in_(ids))
    places = {row.id: row for row in await session.execute(configs)} if ids else {}
    copies = []
    for copy in backup.copies:
        place = places.get(copy.s3_config_id)
        joined = {"s3_config_name": place.name, "path_prefix": place.path_prefix} if place else _NOWHERE
        copies.append(ListedCopy(**joined, **{n: getattr(copy, n) for n in ListedCopy._fields if n not in _JOINED}))
    own = {n: getattr(backup, n) for n in ListedBackup._fields[1:] if n not in _JOINED}
    return ListedBackup(copies=copies, schedule_name=name, **own)


async def _read(session: AsyncSession, ids: list[str]) -> list[ListedBackup]:
    rows = {row[0]: row for row in await session.execute(_ROWS, {"ids": ids})}
    # After the rows: what is told as completed has its copies by then.
    copies: dict[str, list[ListedCopy]] = defaultdict(list)
    for copy in map(ListedCopy._make, await session.execute(_COPIES, {"ids": ids})):
        copies[copy.backup_id].append(copy)
    return [ListedBackup._make((copies[id_], *rows[id_])) for id_ in ids if id_ in rows]


async def _count(session: AsyncSession, wanted: BackupFilter, query: Select[Any]) -> int:
    ids = query.with_only_columns(BackupExecution.id)

    def matching(when: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(ids.where(when).subquery()).scalar_subquery()

    async def count(spans: Sequence[Span]) -> list[int]:
        # One statement: each has its way to another thread and back, and this is of one moment.
        counts = (reduce(add, map(matching, within(BackupExecution.completed_at, span))) for span in spans)
        return list((await session.execute(select(*counts))).one())

    # All backups of a database are gone through for each span: it has not many, and an index of its own.
    spans = (coarse_spans if wanted.database_id or wanted.schedule_id else fine_spans)(utc_now())
    database_id = wanted.database_id or ALL
    return sum(await remembered_apart(session, ("backups", wanted), spans, count, database_id=database_id))


def _order(sort: str, *, backwards: bool) -> tuple[SQLColumnExpression[Any], SQLColumnExpression[Any]]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    key: SQLColumnExpression[Any] = _SORTS[name]
    if name in _UNKNOWN:
        # Written out, not bound: so it is what the index is made of.
        key = func.coalesce(key, literal_column("-1" if down else str(_LARGEST)))
    # The id breaks ties, so that no row is on two pages; it goes the way of the dates, as it grows with them.
    tie_down = sort != "createdAt"
    return (
        key.desc() if down != backwards else key.asc(),
        BackupExecution.id.desc() if tie_down != backwards else BackupExecution.id.asc(),
    )


def _filtered(wanted: BackupFilter, *, of_most: bool = False) -> Select[BackupExecution]:
    """Return what the filter asks for; `of_most`: so much that SQLite had better not look up each by its status."""
    query = select(BackupExecution)
    if wanted.undeleted:
        left = exists().where(BackupCopy.backup_id == BackupExecution.id, BackupCopy.state == CopyState.DELETING)
        query = query.where(BackupExecution.deleted_at.is_not(None), left)
    else:
        query = query.where(BackupExecution.deleted_at.is_(None))
    if wanted.database_id:
        query = query.where(BackupExecution.database_id == wanted.database_id)
    if wanted.status:
        status = unindexed(BackupExecution.status) if of_most else BackupExecution.status
        query = query.where(status == wanted.status)
    if wanted.type:
        query = query.where(BackupExecution.type == wanted.type)
    if wanted.schedule_id:
        query = query.where(BackupExecution.schedule_id == wanted.schedule_id)
    if wanted.start:
        query = query.where(BackupExecution.created_at >= in_utc(wanted.start))
    if wanted.end:
        query = query.where(BackupExecution.created_at < in_utc(wanted.end))
    if wanted.s3:
        in_s3 = select(BackupCopy.backup_id).where(BackupCopy.s3_config_id.is_not(None))
        states = {"pending": (CopyState.PENDING, CopyState.WRITING)}.get(wanted.s3, (wanted.s3,))
        those = in_s3 if wanted.s3 == "none" else in_s3.where(BackupCopy.state.in_(states))
        query = query.where(BackupExecution.id.not_in(those) if wanted.s3 == "none" else BackupExecution.id.in_(those))
    return query


def in_utc(moment: datetime) -> datetime:
    """A moment without an offset is meant in UTC, as everything here."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def s3_copies(backup: ListedBackup) -> list[ListedCopy]:
    """Return the copies in object storage, those that are complete first."""
    copies = [c for c in backup.copies if c.s3_config_id is not None]
    return sorted(copies, key=lambda c: (c.state != CopyState.COMPLETE, c.position))
