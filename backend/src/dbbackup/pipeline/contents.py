"""Reads as much of a stored backup as tells what is in it: of an archive the front, of a script nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dbbackup.engines.contents import ContentsReader
from dbbackup.pipeline.restore import StoredBackup, part_stream
from dbbackup.pipeline.stream import closing
from dbbackup.storages.offload import in_thread


async def read_contents(backup: StoredBackup, reader: ContentsReader) -> None:
    """Feed the reader until it knows enough.

    What it learns is proven only when the whole backup is read: a restore does that.

    Raises:
        IntegrityError, KeyMissingError, StorageError: the backup cannot be opened or read.
        RestoreError: it is not what it should be.
    """
    if _knows_enough(reader):
        return
    with ThreadPoolExecutor(1, thread_name_prefix="contents") as executor:
        async with closing(part_stream(backup, backup.manifest.main, executor)) as chunks:
            async for chunk in chunks:
                await in_thread(reader.feed, chunk)
                if _knows_enough(reader):
                    return


def _knows_enough(reader: ContentsReader) -> bool:
    return reader.done
