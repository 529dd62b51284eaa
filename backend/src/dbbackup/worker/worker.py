"""The background of the program: claims runs, cancels them, sweeps; seen when it fails."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from loguru import logger
from sqlalchemy import select, union_all

from dbbackup.db.models import RUNS, BackupExecution, RestoreExecution, Run
from dbbackup.db.server import PATIENCE, REQUEST_PATIENCE
from dbbackup.services.context import Context
from dbbackup.worker.audit_forwarder import AuditForwarder
from dbbackup.worker.backup_run import run_backup
from dbbackup.worker.cleanup import CleanupJob
from dbbackup.worker.copies import delete_copies, refill_copies
from dbbackup.worker.discovery import DiscoveryLoop
from dbbackup.worker.housekeeping import keep_house
from dbbackup.worker.janitor import reconcile, settle
from dbbackup.worker.journal_sweep import retry_journal
from dbbackup.worker.kept import release_kept
from dbbackup.worker.outbox import Outbox
from dbbackup.worker.queue import claim, next_start
from dbbackup.worker.restore_run import run_restore
from dbbackup.worker.run import insist
from dbbackup.worker.scheduler import Scheduler
from dbbackup.worker.upkeep import Upkeep
from dbbackup.worker.uploads import check_uploads, expire_uploads
from dbbackup.worker.verify_run import run_verification
from dbbackup.worker.watch import WATCH_SECONDS, read_ahead, watch

IDLE_SECONDS = 5.0
SWEEP_SECONDS = 30.0
BETWEEN_SECONDS = 0.25
"""Between the beginnings of two runs, while one goes on."""
_RETRY_SECONDS = 1.0
_RUN_PATIENCE = 300.0
_log = logger.bind(category="scheduler")


class Worker:
    """Runs what is queued. One per process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._scheduler = Scheduler(ctx)
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._began = -math.inf
        self._outbox = Outbox(ctx)

    async def start(self) -> None:
        """Put in order what a crash left behind, then begin."""
        await reconcile(self._ctx)
        self._ctx.runtime.scheduler_seen = time.monotonic()
        self._loops = [
            asyncio.create_task(self._repeat("scheduler", self._scheduler.step)),
            asyncio.create_task(self._repeat("queue", self._serve_queue)),
            asyncio.create_task(self._repeat("sweeper", self._sweep)),
            asyncio.create_task(self._repeat("housekeeping", lambda: keep_house(self._ctx))),
            asyncio.create_task(self._repeat("notifications", self._outbox.step)),
            asyncio.create_task(self._repeat("watch", self._watch)),
            asyncio.create_task(self._repeat("cleanup", CleanupJob(self._ctx).step)),
            asyncio.create_task(self._repeat("uploads", lambda: check_uploads(self._ctx))),
            asyncio.create_task(self._repeat("audit forwarding", AuditForwarder(self._ctx).step)),
            asyncio.create_task(self._repeat("upkeep", Upkeep(self._ctx).step)),
            asyncio.create_task(self._repeat("discovery", DiscoveryLoop(self._ctx).step)),
        ]

    async def stop(self) -> None:
        """Claim nothing more, give what is running its grace time, then cancel it and mark it."""
        self._stopping.set()
        await self._end_loops()
        await self._outbox.stop()
        runs = list(self._runs.values())
        if not runs:
            return
        _log.info("Waiting up to {:.0f} s for {} runs", self._ctx.settings.stop_grace, len(runs))
        _, late = await asyncio.wait(runs, timeout=self._ctx.settings.stop_grace)
        for task in late:
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    async def _end_loops(self) -> None:
        """Cancel the loops until all have ended: a library may turn a cancellation into an error of its own."""
        going = set(self._loops)
        while going:
            for loop in going:
                loop.cancel()
            _, going = await asyncio.wait(going, timeout=_RETRY_SECONDS)

    async def _repeat(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step for ever; a failure is logged, shown by the health check, and tried again."""
        while True:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - the loop must outlive any fault
                _log.opt(exception=error).critical("The background task {} failed", name)
                self._ctx.runtime.failures[name] = f"{type(error).__name__}: {error}"
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._ctx.runtime.failures.pop(name, None)

    async def _serve_queue(self) -> None:
        wake = self._ctx.runtime.wake
        wake.clear()
        await self._cancel_requested()
        if self._too_early() <= 0:
            for run in await claim(self._ctx, self._ctx.live.max_concurrent, most=1):
                self._begin(run)
        pause = self._too_early()
        idle = min(IDLE_SECONDS, pause if pause > 0 else await next_start(self._ctx))
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event, and the
        # program would never stop.
        with suppress(TimeoutError):
            async with asyncio.timeout(idle):
                await wake.wait()

    def _too_early(self) -> float:
        """Return the seconds until the next run may begin.

        A beginning takes more CPU than all of a small dump: where many begin on the hour, everybody waits for them.
        """
        return self._began + BETWEEN_SECONDS - time.monotonic() if self._runs else 0.0

    def _begin(self, run: Run) -> None:
        self._began = time.monotonic()
        task = asyncio.create_task(self._work(run), name=f"run {run.id}")
        self._runs[run.id] = task
        task.add_done_callback(lambda done: self._ended(run.id, done))

    async def _work(self, run: Run) -> None:
        # What hours of dumping have made must not be lost because the catalogue's server restarts meanwhile.
        PATIENCE.set(lambda: REQUEST_PATIENCE if self._stopping.is_set() else _RUN_PATIENCE)
        try:
            if isinstance(run, BackupExecution):
                await run_backup(self._ctx, run.id, stopping=self._stopping)
            elif isinstance(run, RestoreExecution):
                await run_restore(self._ctx, run.id, stopping=self._stopping)
            else:
                await run_verification(self._ctx, run.id, stopping=self._stopping)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a run without an end blocks its database
            if not isinstance(error, asyncio.CancelledError):
                _log.opt(exception=error).error("Run {} could not write its own end", run.id)
            interrupted = self._stopping.is_set()
            ended = partial(settle, self._ctx, run, error, interrupted=interrupted)
            await insist(self._ctx, run.id, self._stopping, ended)

    def _ended(self, run_id: str, task: asyncio.Task[None]) -> None:
        if self._runs.get(run_id) is task:
            del self._runs[run_id]
        self._ctx.runtime.wake.set()
        self._ctx.runtime.sweep.set()

    async def _cancel_requested(self) -> None:
        if not self._runs:
            return
        async with self._ctx.catalogue.sessions() as session:
            wanted = [select(model.id).where(model.id.in_(self._runs), model.cancel_requested) for model in RUNS]
            for run_id in await session.scalars(union_all(*wanted)):
                self._cancel(run_id)

    def _cancel(self, run_id: str) -> None:
        task = self._runs.get(run_id)
        # Once is enough: a second cancellation would interrupt the cleaning up.
        if task and not task.cancelling():
            task.cancel()

    async def _watch(self) -> None:
        await read_ahead(self._ctx)
        await watch(self._ctx)
        await asyncio.sleep(WATCH_SECONDS)

    async def _sweep(self) -> None:
        self._ctx.runtime.sweep.clear()
        await delete_copies(self._ctx)
        await refill_copies(self._ctx)
        await retry_journal(self._ctx, at_work=self._runs)
        await expire_uploads(self._ctx)
        await release_kept(self._ctx)
        with suppress(TimeoutError):
            async with asyncio.timeout(SWEEP_SECONDS):
                await self._ctx.runtime.sweep.wait()
