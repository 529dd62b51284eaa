"""What backups, restores and verifications have in common while they run: log, journal, progress, folder, ending."""

from __future__ import annotations

import asyncio
import shutil
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from loguru import logger

from dbbackup.core.errors import AppError
from dbbackup.core.events import EVENTS_CHANNEL, ProgressedRun, ProgressEvent
from dbbackup.core.journal import JournalKind
from dbbackup.core.masking import Masker
from dbbackup.core.progress import RunProgress
from dbbackup.core.run_limits import RunLimits
from dbbackup.core.secret import Secret
from dbbackup.db.models import Run, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.report import Report
from dbbackup.services.changes import run_kind
from dbbackup.services.context import Context
from dbbackup.services.execution_logs import ExecutionLogger
from dbbackup.worker.journal import CatalogueJournal

PROGRESS_SECONDS = 0.5
END_RETRY_SECONDS = 1.0
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class RunTools:
    """What a run works with."""

    log: ExecutionLogger
    journal: CatalogueJournal
    report: Report
    workshop: Workshop


@asynccontextmanager
async def run_tools(ctx: Context, run: Run, secrets: Iterable[Secret], limits: RunLimits) -> AsyncIterator[RunTools]:
    """Open log, journal and private folder of a run, and publish its progress while it goes on."""
    progress = RunProgress(kind=run_kind(run))
    log = ExecutionLogger(ctx.catalogue, ctx.events, run.id, progress.kind, Masker(secrets))
    journal = CatalogueJournal(ctx.catalogue, run.id)
    folder = work_folder(ctx, run.id)
    ctx.runtime.progress[run.id] = progress
    publishing = asyncio.create_task(_publish_progress(ctx, run.id))
    try:
        await journal.note(JournalKind.WORK_FOLDER, path=str(folder))
        await asyncio.to_thread(_make_private, folder)
        workshop = Workshop(folder, f"{ctx.instance_id}:{run.id}", ctx.settings.timezone, limits)
        if told := limits.describe():
            log.say("info", f"Limits of this run: {told}")
        yield RunTools(log, journal, Report(log, journal, progress), workshop)
    finally:
        publishing.cancel()
        ctx.runtime.progress.pop(run.id, None)
        # Its end was written before, and from now on who follows its log asks for it.
        log.tell()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def work_folder(ctx: Context, run_id: str) -> Path:
    """Return the private folder of a run."""
    return ctx.settings.work_path / run_id


async def insist(ctx: Context, run_id: str, stopping: asyncio.Event, step: Callable[[], Awaitable[None]]) -> None:
    """Do what writes the end of a run, again and again until it works: the catalogue's disk may be full.

    Without an end the row would say running until the next start, and what was done would count as cut off. Raises
    what the step raises only when the program stops.
    """
    while True:
        try:
            await step()
        except Exception as failure:
            if stopping.is_set():
                raise
            logger.bind(category="scheduler").critical("The end of run {} cannot be written yet: {}", run_id, failure)
            ctx.runtime.failures[f"run {run_id}"] = f"{type(failure).__name__}: {failure}"
        else:
            ctx.runtime.failures.pop(f"run {run_id}", None)
            return
        # Somebody may cancel the run, which is over: its end is to be written all the same.
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(END_RETRY_SECONDS):
                await stopping.wait()


def set_end(run: Run, error: BaseException | None, *, interrupted: bool = False) -> None:
    """Write the end of a run into its row: completed, cancelled, or failed with the reason."""
    run.completed_at = utc_now()
    if run.started_at:
        run.duration = max(0.0, (run.completed_at - run.started_at).total_seconds())
    if error is None:
        run.status = RunStatus.COMPLETED
        return
    # Whoever asked for the end gets it, even if the program stops in the same moment.
    if isinstance(error, asyncio.CancelledError) and (run.cancel_requested or not interrupted):
        run.status, run.error_message = RunStatus.CANCELLED, "Cancelled by request."
        return
    run.status = RunStatus.FAILED
    if isinstance(error, asyncio.CancelledError):
        run.error_code, run.error_message = "INTERNAL_ERROR", stopped_message()
    elif isinstance(error, AppError):
        run.error_code, run.error_message = error.code, error.message
    else:
        run.error_code = "INTERNAL_ERROR"
        run.error_message = f"A fault of this program ({type(error).__name__}). The details are in its log."
        run.error_stack = "".join(traceback.format_exception(error))
        logger.bind(category=run_kind(run)).opt(exception=error).error("Run {} failed", run.id)


def say_end(tools: RunTools, failure: BaseException, stopping: bool) -> None:
    """Write into the log how a run ended that did not complete."""
    if isinstance(failure, asyncio.CancelledError):
        tools.log.say("warn", "Interrupted: the program is stopping." if stopping else "Cancelled.", stage="Ended")
    else:
        message = failure.message if isinstance(failure, AppError) else f"{type(failure).__name__}: {failure}"
        tools.log.say("error", message, stage="Failed")


def stopped_message() -> str:
    """Return the reason of a run that the program's own stop ended."""
    return f"{INTERRUPTED}: the program was stopped while this was running. Start it again."


def _make_private(folder: Path) -> None:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


async def _publish_progress(ctx: Context, run_id: str) -> None:
    """Tell of all runs while this one is the oldest: with a message for each, every client would get so many."""
    running = ctx.runtime.progress
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        if run_id == next(iter(running), None):
            runs = [ProgressedRun(kind=run.kind, id=id_, progress=run.view()) for id_, run in running.items()]
            ctx.events.publish(EVENTS_CHANNEL, ProgressEvent(runs=runs))
