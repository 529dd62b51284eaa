"""Counting beside a dump: what is done in time is exact, and nothing holds the backup up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from dbbackup.core import manifest as manifests
from dbbackup.core import signing
from dbbackup.core.manifest import TableFacts
from dbbackup.core.signing import SigningKey
from dbbackup.engines.values import Survey
from dbbackup.pipeline import counting as module
from dbbackup.pipeline.backup import back_up
from dbbackup.pipeline.counting import counting
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.local import LocalStorage
from tests.unit.pipeline.jobs import DATABASE, SOURCE, backup_job
from tests.unit.pipeline.tools import RunReport

A, B = (TableFacts(schema="s", name=name, rows=1, rows_exact=False, size=1) for name in "ab")
COUNTED = replace(A, rows=5, rows_exact=True)


class Reading:
    """Counts the first table at once, and the second never."""

    snapshot = "snap"

    def __init__(self, *, slow: bool = True) -> None:
        self.slow = slow
        self.asked: list[tuple[float, bool]] = []
        self.closed = False

    async def survey(self) -> Survey:
        raise NotImplementedError

    async def divisible(self) -> None:
        raise NotImplementedError

    async def counted(self, tables: Sequence[TableFacts], seconds: float, *, hashed: bool) -> AsyncIterator[TableFacts]:
        self.asked.append((seconds, hashed))
        try:
            yield COUNTED
            if self.slow:
                await asyncio.sleep(60)
        finally:
            self.closed = True


async def test_counting_when_it_takes_too_long_then_what_is_left_stays_an_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LEAST_GRACE", 0.05)
    reading = Reading()
    async with counting(reading, [A, B], 9.0, hashed=False) as rows:
        assert await rows.finish([A, B]) == [COUNTED, B]
    assert (reading.asked, reading.closed) == ([(9.0, False)], True)


async def test_counting_when_the_block_fails_then_it_ends() -> None:
    reading = Reading()
    with pytest.raises(ValueError, match="no"):
        async with counting(reading, [A], 9.0, hashed=True):
            await asyncio.sleep(0)
            raise ValueError("no")
    assert reading.closed


async def test_counting_when_there_is_no_time_or_no_reading_then_nothing_is_asked() -> None:
    reading = Reading()
    for given, seconds in ((reading, 0.0), (None, 9.0)):
        async with counting(given, [A], seconds, hashed=True) as rows:
            assert await rows.finish([A]) == [A]
    assert reading.asked == []


async def test_backup_when_counted_and_signed_then_the_manifest_says_so(workshop: Workshop) -> None:
    key, run = SigningKey.generate(), RunReport()
    storage = LocalStorage(workshop.folder / "storage")
    job = backup_job(
        workshop,
        [storage],
        [DATABASE],
        source=replace(SOURCE, tables=[A, B]),
        reading=Reading(slow=False),
        count_seconds=5.0,
        signing_key=key,
    )
    manifest = (await back_up(job, run.report())).manifest
    assert manifest.source.tables == [COUNTED, B]
    assert "Rows counted exactly in 1 of 2 tables, 1 are estimates" in run.log.messages("info")
    assert (manifest.version, manifest.signature and manifest.signature.public_key) == (
        manifests.SIGNED,
        key.public_key,
    )
    signing.check(manifests.to_dict(manifest), required=True)
