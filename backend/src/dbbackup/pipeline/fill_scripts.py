"""Fills a database from a backup in several scripts: definitions, rows from all parts at once, and the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from dbbackup.core.manifest import PartFacts
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.values import Command, Stage
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.restore import RestoreJob, filtered, run_tool
from dbbackup.pipeline.together import together


async def fill_from_scripts(job: RestoreJob, report: Report) -> None:
    """Run the scripts of all parts, each verified on its way as the only one of other backups is.

    Triggers and events come last: none of them sees rows arrive.

    Raises:
        IntegrityError, StorageError: the source is not what was written, or cannot be read.
        AppError: a tool failed; what the engine makes of it.
    """
    manifest = job.manifest
    report.stage("Making the tables")
    await _run(job, Stage("definitions"), manifest.main, report)
    if restore_mode(job.options) is not RestoreMode.SCHEMA_ONLY:
        report.stage("Restoring")
        # the longest first: with fewer jobs than parts the short ones fill what is left
        parts = sorted(manifest.data_parts, key=lambda part: part.plain_size, reverse=True)
        rows = [partial(_run, job, Stage("rows", part.name), part, report) for part in parts]
        await together(rows, at_once=job.options.get("jobs", 1))
    if after := manifest.part("after"):
        report.stage("Making triggers and events")
        await _run(job, Stage("finish", after.name), after, report)
    report.progress.finish_tables()


async def _run(job: RestoreJob, stage: Stage, part: PartFacts, report: Report) -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="pipeline") as executor:
        command = job.engine.restore_stage(
            job.target, job.tools, job.manifest, job.options, stage, {}, job.workshop.folder
        )
        # An engine that reads no heads has something to run for every stage.
        await run_tool(job, cast(Command, command), filtered(job, part, executor, report), report)
