"""Levels 3 and 4 of a verification: the backup restored on the side, compared, asked, and dropped."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

from dbbackup.core.comparison import Check, compare, compare_objects
from dbbackup.core.errors import AppError, DatabaseError, IntegrityError, RestoreError
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import TableFacts
from dbbackup.db.models import DatabaseConfig, Verification
from dbbackup.engines.values import Answer, Connection
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.pipeline.verify import recount
from dbbackup.services.context import Context
from dbbackup.services.restore_sources import Source
from dbbackup.worker.restore_run import prepare
from dbbackup.worker.restore_work import drop_own
from dbbackup.worker.run import RunTools
from dbbackup.worker.scratch_container import ScratchContainer

SCRATCH_PREFIX = "dbbackup_verify_"


class AssertionsFailedError(RestoreError):
    """A restored copy is not as the user says it must be."""


@dataclass(slots=True)
class Result:
    """What was found so far; kept whatever the end is."""

    checks: list[Check] = field(default_factory=list)
    tables: list[TableFacts] = field(default_factory=list)
    restore_seconds: float | None = None


@dataclass(slots=True)
class Work:
    """One verification going on."""

    ctx: Context
    run: Verification
    config: DatabaseConfig | None
    """The backup's database."""
    target: DatabaseConfig | None
    """The database on whose server the copy on the side is made."""
    source: Source
    tools: RunTools
    result: Result = field(default_factory=Result)
    scratch: RestoreJob | None = None
    """The restore whose database is to be dropped."""
    container: ScratchContainer | None = None
    """What the copy on the side is made in, when that is no configured server."""

    def add(self, check: Check) -> None:
        """Keep a check, and tell a good one."""
        self.result.checks.append(check)
        if check.ok:
            self.tools.log.say("info", check.message, check=check.name)


async def restore_aside(work: Work) -> None:
    """Restore into a database of our own, never one that is there, and compare what came."""
    if work.target is None:
        raise RestoreError("The database was deleted before its verification began.")
    tools, report = work.tools, work.tools.report
    engine, name = work.ctx.engines[work.target.type], SCRATCH_PREFIX + secrets.token_hex(4)
    options = {**engine.scratch_options(work.source.manifest, name), "marker": work.run.id}
    server = await work.container.start(work.target, tools) if work.container else None
    job = await prepare(work.ctx, work.target, work.source, options, tools, server)
    report.stage("Restoring into a scratch database")
    work.scratch = job
    if work.container is None:
        await tools.journal.note(JournalKind.NEW_DATABASE, databaseId=work.target.id, name=name, marker=work.run.id)
    started = time.monotonic()
    await engine.create_database(job.target, job.manifest, options)
    where = "in the container" if work.container else f"on the server of {work.target.name}"
    tools.log.say("info", f"Created the scratch database {name} {where}")
    await fill_database(job, report)
    # Not finished as a restore is: that takes the mark away, by which the database is known to be ours to drop.
    work.result.restore_seconds = time.monotonic() - started
    work.add(Check(name="restored", ok=True, message=f"Restored in {work.result.restore_seconds:.1f} s."))
    report.stage("Comparing with the manifest")
    await _compare(work, job, name)


async def ask_assertions(work: Work) -> None:
    """Run the user's assertions on the copy. Raises AssertionsFailedError naming those that do not hold."""
    if work.scratch is None or work.target is None or work.config is None:
        raise RestoreError("The database was deleted before its verification began.")
    engine, failed = work.scratch.engine, []
    work.tools.report.stage("Asking the assertions")
    scratch = replace(work.scratch.target, database=work.scratch.options["newDatabase"])
    for assertion in work.config.assertions:
        name, seconds = assertion["name"], work.ctx.live.assertion_seconds
        try:
            answer = await engine.answer(scratch, assertion["sql"], seconds)
            problem = _problem(answer)
        except DatabaseError as error:
            problem = error.message
        said = f"{name}: {problem}." if problem else f"{name}: holds."
        work.add(Check(name="assertion", ok=problem is None, message=said))
        if problem:
            failed.append(said)
    if failed:
        raise AssertionsFailedError(f"The restored copy is not as it must be. {' '.join(failed)}")


async def drop_scratch(work: Work) -> bool:
    """Drop the scratch database, whatever the end was, or its container; tell whether nothing is left."""
    if work.container is not None:
        return await work.container.remove(work.tools)
    if work.scratch is None:
        return True
    return await drop_own(work.scratch, work.run.id, work.tools, "scratch database")


async def _compare(work: Work, job: RestoreJob, name: str) -> None:
    scratch, manifest = replace(job.target, database=name), job.manifest
    tables = await job.engine.counted_tables(scratch, manifest.source.tables)
    work.result.tables = tables = await _hashed(work, job, scratch, tables)
    checks = compare(manifest, tables, name, same_kind=manifest.source.engine == job.engine.type)
    wanted: dict[str, Any] = manifest.source.properties.get("objects", {})
    if manifest.source.engine == job.engine.type:
        checks.append(compare_objects(manifest, wanted, await job.engine.object_facts(scratch)))
    for check in checks:
        work.add(check)
    if wrong := [check.message for check in checks if not check.ok]:
        raise IntegrityError(f"The backup was restored, but is not whole. {' '.join(wrong)}")


async def _hashed(work: Work, job: RestoreJob, scratch: Connection, tables: list[TableFacts]) -> list[TableFacts]:
    """Hash the rows of the copy where that takes a dump of it; where it cannot be dumped, they are not compared."""
    report = work.tools.report
    try:
        version = (await job.engine.probe(scratch)).server_version
        asked = job.engine.recount(scratch, job.tools, version, job.manifest, job.workshop.folder)
        if asked is None:
            return tables
        report.stage("Hashing rows")
        await recount(asked, job.engine, job.workshop, report)
    except AppError as error:
        work.tools.log.say("warn", f"The rows of the copy could not be hashed: {error.message}")
        return tables
    return asked.counter.counted(tables)


def _problem(answer: Answer) -> str | None:
    """Say why an answer is no yes: it must have no rows, or be one value that is true."""
    if answer.rows == 0:
        return None
    if answer.rows > 1 or answer.columns > 1:
        return "it gave rows; it must give none, or one value that is true"
    # MySQL knows truth as a number.
    return None if answer.value is True or (isinstance(answer.value, int) and answer.value) else "it is not true"
