"""The figures for Prometheus, read from the catalogue at each scrape."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from dbbackup import __version__
from dbbackup.db.memory import OF_RESTORES
from dbbackup.db.models import (
    RUNS,
    BackupExecution,
    BackupSchedule,
    CopyState,
    DatabaseConfig,
    RestoreExecution,
    Run,
    RunStatus,
    S3Config,
    Verification,
)
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.db.remembering import remembered
from dbbackup.services import system
from dbbackup.services.backup_history import History, read_history
from dbbackup.services.context import Context
from dbbackup.services.newest_backups import Which, newest_of_databases
from dbbackup.services.verifications import last_proofs

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_KINDS: dict[type[Run], str] = {BackupExecution: "backup", RestoreExecution: "restore", Verification: "verify"}
_OF_DATABASE = ("database", "engine")
_OF_CONFIG = (DatabaseConfig.name, DatabaseConfig.type, DatabaseConfig.reachable, DatabaseConfig.size)


async def render(session: AsyncSession, ctx: Context) -> bytes:
    """Return everything in Prometheus' text format."""
    families: list[Metric] = [_gauge("info", "The program; always 1", {"version": __version__}, 1)]
    history = await read_history(session)
    families += [_disk(ctx), *await _runs(session, history), *await _databases(session)]
    families += await _storages(session, history)
    families += [*await _schedules(session), await _health(session, ctx)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(families))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _gauge(name: str, about: str, labels: dict[str, str], value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"dbbackup_{name}", about, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _disk(ctx: Context) -> Metric:
    usage = shutil.disk_usage(ctx.settings.storage_path)
    family = GaugeMetricFamily("dbbackup_disk_bytes", "The file system of the local storage", labels=["state"])
    family.add_metric(["free"], usage.free)
    family.add_metric(["total"], usage.total)
    return family


async def _runs(session: AsyncSession, history: History) -> list[Metric]:
    """Records are never taken out of these counts while they exist: deleting a backup keeps its record."""
    ended = CounterMetricFamily("dbbackup_runs", "Runs that ended", labels=["kind", "status"])
    waiting = GaugeMetricFamily("dbbackup_runs_now", "Runs that have not ended", labels=["kind", "status"])
    for model in RUNS:
        counts = history.statuses if model is BackupExecution else await _by_status(session, model)
        for status in RunStatus:
            family = ended if status in FINAL else waiting
            family.add_metric([_KINDS[model], status], counts.get(status, 0))
    return [ended, waiting]


async def _by_status(session: AsyncSession, model: type[Run]) -> Counter[str]:
    async def count() -> Counter[str]:
        query = select(model.status, func.count()).group_by(model.status)
        return Counter({name: many for name, many in await session.execute(query)})  # noqa: C416 - the types

    return await remembered(session, ("by status", model), count, of=OF_RESTORES)


async def _databases(session: AsyncSession) -> list[Metric]:
    shown = load_only(*_OF_CONFIG, raiseload=True)
    configs = list(await session.scalars(select(DatabaseConfig).where(DatabaseConfig.enabled).options(shown)))
    ids = tuple(config.id for config in configs)
    good, failed = [await newest_of_databases(session, ids, which) for which in (Which.COMPLETED, Which.FAILED)]
    last = good | {id_: run for id_, run in failed.items() if id_ not in good or good[id_].id < run.id}
    restores = await remembered(session, "last restores", lambda: _last_restores(session), of=OF_RESTORES)
    proofs = await last_proofs(session, ids)
    families = {
        "up": _of_database("database_up", "1 when the last look at the server succeeded"),
        "size": _of_database("database_bytes", "Size of the database on its server"),
        "ok": _of_database("last_backup_success", "1 when the last backup that ended completed"),
        "at": _of_database("last_good_backup_timestamp_seconds", "End of the newest completed backup"),
        "took": _of_database("last_good_backup_duration_seconds", "How long it took"),
        "stored": _of_database("last_good_backup_bytes", "Its size as it is stored"),
        "proven": _of_database("last_proven_timestamp_seconds", "When a backup was last restored on trial"),
        "restore": _of_database("proven_restore_seconds", "How long that trial restore took"),
        "restored": _of_database("last_restore_timestamp_seconds", "End of the last completed restore"),
    }
    for config in configs:
        backup, ended, proof = good.get(config.id), last.get(config.id), proofs.get(config.id)
        values = {
            "up": None if config.reachable is None else float(config.reachable),
            "size": config.size,
            "ok": float(ended.status == RunStatus.COMPLETED) if ended else None,
            "at": _seconds(backup.completed_at) if backup else None,
            "took": backup.duration if backup else None,
            "stored": backup.size if backup else None,
            "proven": _seconds(proof.completed_at) if proof else None,
            "restore": proof.restore_seconds if proof else None,
            "restored": _seconds(restores.get(config.id)),
        }
        for name, value in values.items():
            if value is not None:
                families[name].add_metric([config.name, config.type], value)
    return list(families.values())


def _of_database(name: str, about: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"dbbackup_{name}", about, labels=_OF_DATABASE)


async def _last_restores(session: AsyncSession) -> dict[str, datetime]:
    query = (
        select(RestoreExecution.database_id, func.max(RestoreExecution.completed_at))
        .where(RestoreExecution.status == RunStatus.COMPLETED, RestoreExecution.database_id.is_not(None))
        .group_by(RestoreExecution.database_id)
    )
    return {database_id: at for database_id, at in await session.execute(query) if database_id and at}


async def _storages(session: AsyncSession, history: History) -> list[Metric]:
    stored = GaugeMetricFamily("dbbackup_stored_bytes", "What lies in a storage", labels=["storage"])
    copies = GaugeMetricFamily("dbbackup_copies", "Copies of backups by state", labels=["storage", "state"])
    names = {row.id: row.name for row in await session.execute(select(S3Config.id, S3Config.name))}
    total: dict[str, int] = {"local": 0, **{f"s3:{name}": 0 for name in names.values()}}
    for (config_id, state), count in history.copies.items():
        name = f"s3:{names.get(config_id, config_id)}" if config_id else "local"
        copies.add_metric([name, state], count)
        if state == CopyState.COMPLETE:
            total[name] = history.sizes[config_id, state]
    for name, size in total.items():
        stored.add_metric([name], size)
    return [stored, copies]


async def _schedules(session: AsyncSession) -> list[Metric]:
    active = await session.scalar(select(func.count()).where(BackupSchedule.enabled)) or 0
    upcoming = _of_database("next_run_timestamp_seconds", "When a schedule of the database runs next")
    query = (
        select(DatabaseConfig.name, DatabaseConfig.type, func.min(BackupSchedule.next_run_at))
        .join(BackupSchedule, BackupSchedule.database_id == DatabaseConfig.id)
        .where(BackupSchedule.enabled, DatabaseConfig.enabled)
        .group_by(DatabaseConfig.id)
    )
    for name, engine, at in await session.execute(query):
        if at is not None:
            upcoming.add_metric([name, engine], at.timestamp())
    return [_gauge("active_schedules", "Schedules that are enabled", {}, active), upcoming]


async def _health(session: AsyncSession, ctx: Context) -> Metric:
    family = GaugeMetricFamily("dbbackup_health", "1 when the check is well", labels=["check"])
    for check in await system.run_checks(session, ctx):
        family.add_metric([check.name], float(check.ok))
    return family


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
