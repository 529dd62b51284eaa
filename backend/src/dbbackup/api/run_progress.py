"""The progress that a run's view shows."""

from __future__ import annotations

from dbbackup.core.progress import ProgressView
from dbbackup.db.models import Run, RunStatus
from dbbackup.services.backup_list import ListedBackup
from dbbackup.services.context import Context


def progress_of(ctx: Context, run: Run | ListedBackup) -> ProgressView | None:
    """Return how far a running execution is; None for one that waits or has ended.

    The counters outlive the end by the moment in which log and folder are closed: nothing is running then.
    """
    found = ctx.runtime.progress.get(run.id) if run.status == RunStatus.RUNNING else None
    return found.view() if found else None
