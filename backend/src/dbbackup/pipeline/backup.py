"""One backup: dump, compress, hash, write everywhere at once; the manifest last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec

from dbbackup import __version__
from dbbackup.core import manifest as manifests
from dbbackup.core.manifest import Manifest, PartFacts, TableFacts
from dbbackup.core.sizes import human_size
from dbbackup.engines.values import DumpPart, RowCounter
from dbbackup.pipeline import gpg
from dbbackup.pipeline.backup_files import BackupFiles
from dbbackup.pipeline.backup_job import BackupJob
from dbbackup.pipeline.beginning import Beginning, Step, beginning
from dbbackup.pipeline.beside import Beside
from dbbackup.pipeline.compress import EXTENSIONS, compressor
from dbbackup.pipeline.counting import counting
from dbbackup.pipeline.dump import dump_stream
from dbbackup.pipeline.encrypt import EXTENSION as AGE
from dbbackup.pipeline.encrypt import encryptor
from dbbackup.pipeline.fanout import Outcome
from dbbackup.pipeline.gpg import NAME as OPENPGP
from dbbackup.pipeline.gpg import encrypted
from dbbackup.pipeline.meter import Meter
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.stream import Stream, Transform, closing, single, through
from dbbackup.pipeline.together import together
from dbbackup.storages.throttle import RateLimit, limited

_FILE_ENDINGS: dict[str | None, str] = {AGE: AGE, OPENPGP: gpg.EXTENSION}
_THREADS = 3
"""For each part: its stages, those behind gpg, and what looks at its bytes beside them. With fewer they would wait for
each other."""


@dataclass(frozen=True, slots=True)
class BackupResult:
    """The manifest, and by copy id the stored main file or the reason why there is none."""

    manifest: Manifest
    copies: dict[str, Outcome]


async def back_up(job: BackupJob, report: Report) -> BackupResult:
    """Make the backup and return what was stored where.

    A copy counts only when all its parts and its manifest are stored and confirmed. When no copy
    does, nothing is left anywhere.

    Raises:
        AppError: the tool failed, its output was not whole, or no destination took it.
    """
    writer = BackupFiles(job, report)
    snapshot = job.reading.snapshot if job.reading else None
    parts = job.parts(job, snapshot)
    alone, divided = [p for p in parts if p.name == "globals"], [p for p in parts if p.name != "globals"]
    with ThreadPoolExecutor(_THREADS * len(divided), thread_name_prefix="pipeline") as executor:
        facts, counters = [], _counters(job, divided)
        try:
            async with counting(job.reading, job.source.tables, job.count_seconds, hashed=job.hash_rows) as rows:
                for part in alone:
                    report.stage("Dumping roles")
                    facts.append(await _stream_part(job, part, writer, executor))
                report.stage("Dumping")
                facts += await _dump_together(job, divided, counters, writer, executor)
                report.progress.finish_tables()
                tables = await rows.finish(job.source.tables)
            for counter in counters.values():
                tables = counter.counted(tables)
            _say_counted(tables, report)
            manifest = _manifest(job, facts, tables)
            report.stage("Writing the manifest")
            await writer.write(manifest.file_name, single(manifests.encode(manifest)), "manifest")
        except BaseException:
            await writer.undo_all()
            raise
    return BackupResult(manifest, {**writer.failed, **writer.main_files(manifest)})


def _counters(job: BackupJob, parts: Sequence[DumpPart]) -> dict[str, RowCounter]:
    """Return by part what counts its rows on their way; the time for hashing is shared among them."""
    counted = [part for part in parts if part.only is None or part.only]
    seconds = job.count_seconds / max(1, len(counted)) if job.hash_rows else 0
    made = {p.name: job.engine.row_counter(job.options, job.source, job.tools, seconds, p.only) for p in counted}
    return {name: counter for name, counter in made.items() if counter}


async def _dump_together(
    job: BackupJob,
    parts: list[DumpPart],
    counters: Mapping[str, RowCounter],
    writer: BackupFiles,
    executor: ThreadPoolExecutor,
) -> list[PartFacts]:
    """Dump the parts at the same time, as of one moment."""
    facts: dict[str, PartFacts] = {}
    async with beginning(job.engine, job.connection, parts, writer.report) as (began, steps):

        async def dump(part: DumpPart) -> None:
            facts[part.name] = await _stream_part(job, part, writer, executor, counters.get(part.name), began)
            began.note(part.name)

        work: list[Step] = [*steps, *(partial(dump, part) for part in parts)]
        await together(work)
    return [facts[part.name] for part in parts]


async def _stream_part(
    job: BackupJob,
    part: DumpPart,
    writer: BackupFiles,
    executor: ThreadPoolExecutor,
    counter: RowCounter | None = None,
    began: Beginning | None = None,
) -> PartFacts:
    report = writer.report
    is_shown = part.name != "globals"
    plain = Meter(report.counter("bytes_read", part.name) if is_shown else None)
    stored = Meter(report.counter("bytes_written", part.name) if is_shown else None)
    squeeze = compressor(job.compression, job.compression_level)
    encrypt = encryptor(job.recipients) if job.recipients else None
    watchers: list[Transform] = [step for step in (plain, part.watch, counter) if step]
    transforms: list[Transform] = [step for step in (Beside(watchers, executor), squeeze, encrypt) if step]
    lines, rate = report.tool_lines(job.engine), RateLimit(job.read_rate)
    lines = began.watch(part, lines) if began else lines
    # Meters and compressors keep nothing of what they are given and take any buffer; whoever reads it wants bytes.
    lend = squeeze is not None and part.watch is None and counter is None
    dump = limited(dump_stream(part, job.engine, job.workshop, lines, job.carry, lend=lend), [rate])
    endings = (part.extension, EXTENSIONS[job.compression], _FILE_ENDINGS.get(_encryption(job), ""))
    name = ".".join(filter(None, (job.stem, *endings)))
    async with closing(_stored(job, dump, transforms, stored, executor)) as stream:
        await writer.write(name, stream, part.name)
    report.log.say(
        "info",
        f"{part.command.tool} is done: {human_size(plain.size)}, stored as {human_size(stored.size)} in {name}",
        plainSize=plain.size,
        size=stored.size,
        sha256=stored.sha256,
    )
    return PartFacts(
        name=part.name,
        format=part.format,
        file=name,
        size=stored.size,
        sha256=stored.sha256,
        plain_size=plain.size,
        plain_sha256=plain.sha256,
        tool=part.command.tool,
        tables=part.watch.tables if part.watch else [],
    )


def _stored(
    job: BackupJob, dump: Stream, transforms: list[Transform], stored: Meter, executor: ThreadPoolExecutor
) -> Stream:
    """Return the bytes as they are stored: gpg, a process of its own, stands between the transforms."""
    if job.openpgp is None:
        return through(dump, [*transforms, stored], executor)
    return through(encrypted(through(dump, transforms, executor), job.openpgp), [stored], executor)


def _encryption(job: BackupJob) -> str | None:
    if job.openpgp is not None:
        return OPENPGP
    return AGE if job.recipients else None


def _recipients(job: BackupJob) -> list[str]:
    if job.openpgp is not None:
        return [key.fingerprint for key in job.openpgp.keys]
    return [str(recipient) for recipient in job.recipients]


def _say_counted(tables: list[TableFacts], report: Report) -> None:
    if not tables:
        return
    exact = sum(table.rows_exact for table in tables)
    rest = len(tables) - exact
    said = f"Rows counted exactly in {exact} of {len(tables)} tables" + (f", {rest} are estimates" if rest else "")
    report.log.say("info", said)


def _manifest(job: BackupJob, parts: list[PartFacts], tables: list[TableFacts]) -> Manifest:
    manifest = Manifest(
        backup_id=job.backup_id,
        instance_id=job.instance_id,
        run_id=job.run_token,
        type=job.type,
        label=job.label,
        started_at=job.started_at,
        completed_at=datetime.now(UTC),
        compression=job.compression,
        compression_level=job.compression_level,
        encryption=_encryption(job),
        recipients=_recipients(job),
        options=job.options,
        source=msgspec.structs.replace(job.source, tables=tables),
        parts=parts,
        product_version=__version__,
    )
    return manifests.sign(manifest, job.signing_key) if job.signing_key else manifest
