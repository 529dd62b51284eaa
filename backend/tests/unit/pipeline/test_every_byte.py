"""Every byte of a small stored backup altered, and every length cut: refused before the target's tool is started."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from dbbackup.core.age_keys import Identity
from dbbackup.core.errors import AppError, IntegrityError, KeyMissingError
from dbbackup.core.manifest import Manifest
from dbbackup.core.naming import random_token
from dbbackup.pipeline import gpg_keys
from dbbackup.pipeline.backup import back_up
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.gpg import GpgIdentities, GpgPlace, GpgRecipients
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import RestoreJob, StoredBackup
from dbbackup.pipeline.verify import read_stored
from dbbackup.storages.base import Storage
from dbbackup.storages.local import LocalStorage
from tests.unit.pipeline.jobs import CONNECTION, FOLDER, GLOBALS, TOOLS, backup_job
from tests.unit.pipeline.tools import END, RunReport, ToolEngine, dump_part, shell

_SMALL = dump_part(shell(f"seq 1 400; printf '%s' '{END.decode()}'"))


@dataclass
class OneFile:
    """A storage that holds one file, as bytes that can be changed quickly."""

    data: bytes
    id: str = "memory"

    async def read(self, key: str, offset: int = 0, version: str | None = None) -> AsyncIterator[bytes]:
        yield self.data[offset:]

    def typed(self) -> Storage:
        return cast(Storage, self)


def alterations(data: bytes) -> Iterator[bytes]:
    """Yield the file with each byte changed in its lowest bit and in all bits, cut at each length, and made longer."""
    for offset in range(len(data)):
        for mask in (0x01, 0xFF):
            yield data[:offset] + bytes([data[offset] ^ mask]) + data[offset + 1 :]
    yield from (data[:length] for length in range(len(data)))
    yield from (data + more for more in (b"\0", b"\n", data))


async def small_backup(
    workshop: Workshop, folder: Path, compression: str, identity: Identity | None
) -> tuple[Manifest, bytes]:
    recipients = [identity.recipient] if identity else []
    job = backup_job(
        workshop,
        [LocalStorage(folder)],
        [_SMALL],
        compression=compression,
        compression_level=None,
        recipients=recipients,
    )
    manifest = (await back_up(job, RunReport().report())).manifest
    return manifest, (folder / FOLDER / manifest.main.file).read_bytes()


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
async def test_any_altered_byte_and_any_cut_is_refused_before_the_tool_starts(
    workshop: Workshop, tmp_path: Path, compression: str, encrypted: bool
) -> None:
    identity = Identity.generate() if encrypted else None
    manifest, data = await small_backup(workshop, tmp_path / "storage", compression, identity)
    storage = OneFile(data)
    job = RestoreJob(
        engine=ToolEngine(restoring=shell("cat > /dev/null; echo yes > started")).typed(),
        target=CONNECTION,
        tools=TOOLS,
        manifest=manifest,
        storage=storage.typed(),
        key=f"{FOLDER}/{manifest.main.file}",
        version=None,
        options={"mode": "append"},
        workshop=workshop,
        identities=[identity] if identity else [],
    )
    started, tried = workshop.folder / "started", 0
    for storage.data in alterations(data):
        tried += 1
        with pytest.raises(AppError):
            await fill_database(job, RunReport().report())
        assert not started.exists(), f"alteration {tried} reached the target"
    assert tried == 3 * len(data) + 3 > 900
    storage.data = data
    await fill_database(job, RunReport().report())
    assert started.exists()


async def test_altered_bytes_and_cuts_of_a_file_of_openpgp_are_refused_before_the_tool_starts(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Some of all: each of them takes a gpg. The hash of the stored bytes sees the rest: see the next test."""
    place = GpgPlace.of(tmp_path, random_token(8), workshop)
    key = await gpg_keys.generate(place)
    job = backup_job(
        workshop,
        [LocalStorage(tmp_path / "storage")],
        [_SMALL],
        compression_level=None,
        openpgp=GpgRecipients([key], place),
    )
    manifest = (await back_up(job, RunReport().report())).manifest
    assert (manifest.encryption, manifest.recipients) == ("openpgp", [key.fingerprint])
    data = (tmp_path / "storage" / FOLDER / manifest.main.file).read_bytes()
    storage = OneFile(data)
    restore = RestoreJob(
        engine=ToolEngine(restoring=shell("cat > /dev/null; echo yes > started")).typed(),
        target=CONNECTION,
        tools=TOOLS,
        manifest=manifest,
        storage=storage.typed(),
        key=f"{FOLDER}/{manifest.main.file}",
        version=None,
        options={"mode": "append"},
        workshop=workshop,
        openpgp=GpgIdentities([key.private] if key.private else [], place),
    )
    started = workshop.folder / "started"
    # With those that gpg itself does not mind: a version, a number of bits.
    for storage.data in [*list(alterations(data))[:: len(data) // 16], *(flipped(data, at) for at in (2, 13))]:
        with pytest.raises(AppError):
            await fill_database(restore, RunReport().report())
        assert not started.exists()
    storage.data = data
    with pytest.raises(KeyMissingError):
        await fill_database(replace(restore, openpgp=None), RunReport().report())
    assert not started.exists()
    await fill_database(restore, RunReport().report())
    assert started.exists()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]


async def test_any_altered_byte_of_any_part_is_seen_by_reading_the_stored_bytes(
    workshop: Workshop, tmp_path: Path
) -> None:
    job = backup_job(workshop, [LocalStorage(tmp_path)], [GLOBALS, _SMALL], compression_level=None)
    manifest = (await back_up(job, RunReport().report())).manifest
    assert len(manifest.parts) == 2
    for part in manifest.parts:
        data = (tmp_path / FOLDER / part.file).read_bytes()
        storage = OneFile(data)
        stored = StoredBackup(manifest=manifest, storage=storage.typed(), key=f"{FOLDER}/x", version=None)
        await read_stored(stored, part, RunReport().report())
        for storage.data in alterations(data):
            with pytest.raises(IntegrityError):
                await read_stored(stored, part, RunReport().report())
