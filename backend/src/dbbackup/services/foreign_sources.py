"""What is said and checked of a source that came in from outside: an uploaded file, a pasted script."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from dbbackup.core.errors import RestoreError
from dbbackup.engines.values import Filter, Finding
from dbbackup.pipeline.restore import StoredBackup, drain, part_stream
from dbbackup.services.context import Context
from dbbackup.services.encryption import private_keys
from dbbackup.services.restore_sources import Source

_READ_BEFOREHAND = 64 << 20
"""Bytes of a script that the preflight looks through; a longer one is looked through when the restore begins."""


async def foreign_findings(ctx: Context, source: Source, script: Filter | None) -> list[Finding]:
    """Say what cannot be proved of something uploaded, and look through a script before anything is run."""
    findings = []
    if source.manifest.main.format == "script":
        text = (
            "No dump tool wrote this script: nothing tells whether it is whole, what it is of, or what it should hold. "
            "It is exactly what was uploaded."
        )
        findings.append(Finding("warning", "source-unproved", text))
    elif not source.manifest.source.host:
        text = (
            "There is no manifest with this file: it is whole, and exactly what was uploaded, but nothing tells what "
            "it held when it was made. Rows cannot be compared after the restore."
        )
        findings.append(Finding("warning", "source-unproved", text))
    if script is None:
        return findings
    if source.manifest.main.plain_size > _READ_BEFOREHAND:
        text = "The script is long: its statements are looked through when the restore begins, before any is run."
        return [*findings, Finding("ok", "script-later", text)]
    try:
        await _read_script(ctx, source, script)
    except RestoreError as error:
        return [*findings, Finding("error", "script-refused", error.message)]
    return [*findings, Finding("ok", "script-read", "No statement of the script reaches beyond the database.")]


async def _read_script(ctx: Context, source: Source, script: Filter) -> None:
    keys = await private_keys(ctx)
    backup = StoredBackup(
        manifest=source.manifest,
        storage=await ctx.storages.open(source.storage_id),
        key=source.key,
        version=source.version,
        identities=keys.age,
        openpgp=keys.openpgp,
    )
    with ThreadPoolExecutor(1, thread_name_prefix="script") as executor:
        await drain(part_stream(backup, source.manifest.main, executor, change=_Swallow(script)))


class _Swallow:
    """Reads what a filter would let through, and lets nothing through."""

    def __init__(self, script: Filter) -> None:
        self._script = script

    def update(self, chunk: bytes) -> Iterable[bytes]:
        for _ in self._script.update(chunk):
            pass
        return ()

    def finish(self) -> Iterable[bytes]:
        for _ in self._script.finish():
            pass
        return ()
