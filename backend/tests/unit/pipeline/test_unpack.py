"""Tests of pipeline.unpack and pipeline.upload_check, with a small tool in the place of pg_restore."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from dbbackup.core.content import Content, content_of, refusal
from dbbackup.core.errors import IntegrityError, RestoreError
from dbbackup.engines.values import Command
from dbbackup.pipeline.contents import read_contents
from dbbackup.pipeline.gpg import GpgIdentities, GpgPlace
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import StoredBackup
from dbbackup.pipeline.unpack import Limit, layers, names_of
from dbbackup.pipeline.upload_check import Checked, check_text, check_upload
from dbbackup.storages.local import LocalStorage
from tests.unit.engines.archives import Made, archive
from tests.unit.pipeline.jobs import FOLDER, made

ARCHIVE = archive(Made(1, "TABLE", "a"))
MOST = 1 << 30


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def check(
    workshop: Workshop, data: bytes, *, script: str = "cat", most: int = MOST, size: int = 1 << 20
) -> Checked:
    command = Command(argv=("/bin/sh", "-c", script), tool="cat")
    no_keys = GpgIdentities([], GpgPlace.of(workshop.folder, "test"))
    return await check_upload(pieces(data, size), [], no_keys, most, lambda _: command, workshop)


def packed(data: bytes) -> bytes:
    """Compress without the time of day: it would be in the names of the tests, which all workers must agree on."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(("size", "filler"), [(1, 500), (100, 20_000), (1 << 20, 20_000)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
async def test_check_when_it_is_an_archive_in_any_pieces_then_all_of_it_reaches_the_tool(
    workshop: Workshop, tmp_path: Path, pack: Any, size: int, filler: int
) -> None:
    seen = tmp_path / "seen"
    data = ARCHIVE + os.urandom(filler)
    checked = await check(workshop, pack(data), script=f"tee {seen}", size=size)
    assert seen.read_bytes() == data
    assert (checked.size, checked.plain_size) == (len(pack(data)), len(data))
    assert checked.compression in ("none", "gzip", "zstd")
    assert checked.facts.tables == [("public", "a")]


async def test_check_when_it_is_text_in_small_pieces_then_no_tool_is_needed(workshop: Workshop) -> None:
    checked = await check(workshop, gzip.compress(b"SELECT 1;\n" * 2_000), script="exit 1", size=10)
    assert (checked.facts.format, checked.compression, checked.plain_size) == ("script", "gzip", 20_000)


@pytest.mark.parametrize(
    ("script", "most", "words"),
    [
        ("cat > /dev/null; echo 'pg_restore: error: too short' >&2; exit 1", MOST, "pg_restore: error: too short"),
        ("cat > /dev/null; exit 3", MOST, "exit code 3"),
        ("cat > /dev/null; head -c 3000000 /dev/zero", 2_000_000, "larger than"),
    ],
)
async def test_check_when_the_tool_cannot_read_it_or_writes_too_much_then_it_is_refused(
    workshop: Workshop, script: str, most: int, words: str
) -> None:
    with pytest.raises(RestoreError, match=words):
        await check(workshop, ARCHIVE, script=script, most=most)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (ARCHIVE[:40], "cut off"),
        (packed(packed(packed(b"SELECT 1;"))), "another one in gzip"),
        (packed(zstd.compress(b"SELECT 1;")), "compressed twice"),
        (packed(b"age-encryption.org/v1\n"), "another one in age"),
        ("SELECT 1;".encode("utf-16"), "UTF-16"),
        (b"BZh9", "bzip2"),
    ],
    ids=["empty", "cut", "gzip-thrice", "zstd-in-gzip", "age-in-gzip", "utf-16", "bzip2"],
)
async def test_check_when_it_is_of_no_kind_that_is_taken_then_it_is_refused(
    workshop: Workshop, data: bytes, words: str
) -> None:
    with pytest.raises(RestoreError, match=words):
        await check(workshop, data)


async def test_check_when_it_is_encrypted_and_no_key_is_there_then_it_says_so(workshop: Workshop) -> None:
    with pytest.raises(RestoreError, match="cut off"):
        await check(workshop, b"age-encryption.org/v1\n-> X25519 " + b"A" * 43 + b"\n")


def test_limit_when_too_much_comes_out_then_it_is_refused() -> None:
    limit = Limit(10)
    assert list(limit.update(b"x" * 10)) == [b"x" * 10]
    assert list(limit.finish()) == []
    with pytest.raises(RestoreError, match="larger than the 10 B"):
        limit.update(b"x")
    bomb = Limit(1 << 40)
    bomb.stored = 1000
    with pytest.raises(RestoreError, match="compressed bomb"):
        for _ in range(300):
            bomb.update(bytes(1 << 20))


def test_names_when_layers_were_found_then_they_are_the_manifests() -> None:
    assert names_of([None, Content.TEXT]) == (None, "none")
    assert names_of([Content.AGE, Content.ZSTD]) == ("age", "zstd")
    with pytest.raises(IntegrityError):
        names_of([Content.GZIP, Content.GZIP])
    assert [layer.found for layer in layers([])] == [None, None, None]


def test_text_when_it_is_checked_at_once_then_it_is_as_in_a_file() -> None:
    assert check_text(b"SELECT 1;").format == "script"
    for data in (b"\x00", b"PGDMP", b"-- PostgreSQL database dump\n", b""):
        with pytest.raises(RestoreError):
            check_text(data)


def test_content_when_it_begins_with_a_mark_then_it_is_known() -> None:
    assert content_of(b"PGDMP\x01") is Content.PG_CUSTOM
    assert content_of(b"SELECT") is Content.TEXT
    assert content_of(b"\x01") is Content.REFUSED
    assert refusal(b"caf\xc3\xa9") is None


class _Reader:
    """Knows enough after so many chunks."""

    def __init__(self, wanted: int) -> None:
        self.left = wanted
        self.fed = b""

    @property
    def done(self) -> bool:
        return self.left <= 0

    def feed(self, chunk: bytes) -> None:
        self.fed += chunk
        self.left -= 1


@pytest.mark.parametrize(("wanted", "some"), [(0, False), (1, True), (1000, True)])
async def test_contents_when_enough_is_known_then_no_more_is_read(
    workshop: Workshop, tmp_path: Path, wanted: int, some: bool
) -> None:
    storage = LocalStorage(tmp_path / "store")
    result = await made(workshop, storage)
    reader: Any = _Reader(wanted)
    backup = StoredBackup(
        manifest=result.manifest, storage=storage, key=f"{FOLDER}/{result.manifest.main.file}", version=None
    )
    await read_contents(backup, reader)
    assert bool(reader.fed) is some
