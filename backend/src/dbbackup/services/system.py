"""Health and status of the program itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.sizes import human_size
from dbbackup.db.models import RUNS, RunStatus, S3Config
from dbbackup.services.context import Context

_CATALOGUE_SECONDS = 3.0
_SCHEDULER_SECONDS = 60.0
"""So long may a round of many schedules take."""
_LOW_DISK_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work; without an essential one the program cannot do its work."""

    name: str
    ok: bool
    essential: bool
    message: str


async def run_checks(session: AsyncSession, ctx: Context) -> list[Check]:
    """Look at catalogue, disk, worker and the default S3 config; never raises for what it finds."""
    checks = [await _catalogue(ctx), _disk(ctx), _worker(ctx), _scheduler(ctx), _clock(ctx), _retention(ctx)]
    if problem := ctx.runtime.catalogue_copy:
        checks.append(Check("catalogue copy", False, False, problem))
    if checks[0].ok:
        checks += await _s3(session, ctx)
    return checks


async def run_counts(session: AsyncSession) -> dict[str, int]:
    """Return how many runs are in each unfinished state."""
    counts = dict.fromkeys((RunStatus.QUEUED.value, RunStatus.RUNNING.value), 0)
    for model in RUNS:
        query = select(model.status, func.count()).where(model.status.in_(counts)).group_by(model.status)
        for status, count in await session.execute(query):
            counts[status] += count
    return counts


def uptime(ctx: Context) -> float:
    """Return the seconds since the start."""
    return time.monotonic() - ctx.runtime.started


async def _catalogue(ctx: Context) -> Check:
    """In a session of its own: one whose statement was cut off is of no use to whoever has it next."""
    try:
        async with asyncio.timeout(_CATALOGUE_SECONDS), ctx.catalogue.sessions() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        return Check("catalogue", False, True, f"The catalogue does not answer: {type(error).__name__}.")
    return Check("catalogue", True, True, "The catalogue answers.")


def _disk(ctx: Context) -> Check:
    path = ctx.settings.storage_path
    try:
        free = shutil.disk_usage(path).free
    except OSError as error:
        return Check("disk", False, True, f"{path} cannot be looked at: {error.strerror}.")
    if not os.access(path, os.W_OK | os.X_OK):
        return Check("disk", False, True, f"{path} is not writable for this program.")
    if free < _LOW_DISK_BYTES:
        return Check("disk", False, True, f"Only {human_size(free)} are free in {path}.")
    return Check("disk", True, True, f"{human_size(free)} are free in {path}.")


def _worker(ctx: Context) -> Check:
    if ctx.runtime.failures:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in ctx.runtime.failures.items())
        return Check("worker", False, True, f"A background task ended with an error ({reasons}). See the log.")
    return Check("worker", True, True, "The worker is running.")


def _scheduler(ctx: Context) -> Check:
    """A task that ended is seen by its failure, one that hangs by its silence."""
    seen = ctx.runtime.scheduler_seen
    patience = 2 * ctx.live.check_interval / 1000 + _SCHEDULER_SECONDS
    if reason := ctx.runtime.failures.get("scheduler"):
        return Check("scheduler", False, True, f"The scheduler ended with an error ({reason}). See the log.")
    if seen is None or time.monotonic() - seen > patience:
        return Check("scheduler", False, True, f"The scheduler has not looked at the clock for {patience:.0f} s.")
    return Check("scheduler", True, True, "The scheduler is running.")


def _clock(ctx: Context) -> Check:
    """Not essential: only retention is held while the clock is not believed."""
    problem = ctx.runtime.clock_problem
    return Check("clock", problem is None, False, problem or "The clock went on as it should.")


def _retention(ctx: Context) -> Check:
    """Not essential: backups go on without it, only the disk fills."""
    problem = ctx.runtime.cleanup
    return Check("retention", problem is None, False, problem or "Retention deletes what its policies let go.")


async def _s3(session: AsyncSession, ctx: Context) -> list[Check]:
    """Not essential: with S3 down the page must stay up, so that it can say so."""
    checks = []
    for config in await session.scalars(select(S3Config).where(S3Config.is_default, S3Config.enabled)):
        answer = await ctx.runtime.s3_health.ask(ctx.storages, config)
        checks.append(Check(f"s3:{config.name}", answer.ok, False, answer.message))
    return checks
