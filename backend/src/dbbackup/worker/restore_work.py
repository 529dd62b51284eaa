"""One restore going on: what it works with, and what its end depends on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from dbbackup.core.comparison import Check
from dbbackup.core.errors import AppError, ConflictError
from dbbackup.db.models import DatabaseConfig, RestoreExecution
from dbbackup.engines.modes import target_database
from dbbackup.engines.replacing import Swap
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.services.context import Context
from dbbackup.worker.run import RunTools


@dataclass(slots=True)
class RestoreWork:
    """A restore from its claim to its record."""

    ctx: Context
    restore: RestoreExecution
    config: DatabaseConfig
    tools: RunTools
    stopping: asyncio.Event
    result: dict[str, Any] = field(default_factory=dict)
    own: RestoreJob | None = None
    """The restore whose database is this run's to drop, should it fail."""
    swapped: Swap | None = None
    """Two databases changed places: what comes after cannot undo that."""
    committed: bool = False
    """One transaction has changed the target: what fails after it does not bring back what was there."""
    uncertain: bool = False
    """Whether they did could not be learned: the journal keeps the question."""
    waits_for: str | None = None
    """Nothing was begun: the backup lies in an archive, and the restore goes back to the queue."""
    in_place: bool = False
    """The target is being changed in place; without an end it is to be put back."""

    def note_checks(self, checks: list[Check]) -> None:
        """Keep what was found for the record."""
        self.result["checks"] = [msgspec.to_builtins(check) for check in checks]


async def drop_own(job: RestoreJob, marker: str, tools: RunTools, kind: str) -> bool:
    """Drop the database that bears this run's mark, and only that; tell whether nothing is left."""
    name = target_database(job.options)
    try:
        dropped = await job.engine.drop_database(await job.engine.maintenance(job.target), name, marker)
    except ConflictError:
        # It bears no mark of this run: it was there before, or somebody made it in the same moment.
        tools.log.say("info", f"{name} was not made by this run and was left alone.")
        return True
    except AppError as error:
        tools.log.say("error", f"The {kind} {name} could not be dropped ({error.message}). It will be tried again.")
        return False
    if dropped:
        tools.log.say("info", f"The {kind} {name} was dropped.")
    return True


async def reconnected(job: RestoreJob) -> RestoreJob:
    """Return the job with a connection that works now: its own database may have been dropped or made."""
    return replace(job, target=await job.engine.maintenance(job.target))
