"""Starts the real program with one thing changed: `python -m tests.faults.launch WHAT serve`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dbbackup.__main__ import main
from dbbackup.core import manifest
from dbbackup.db.models.base import utc_now
from dbbackup.engines import postgresql_swap
from dbbackup.services import retention, storages
from dbbackup.services.context import Context
from dbbackup.storages.base import StoredObject
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_client import Patience
from dbbackup.worker import backup_run, replace_run, restore_run, worker
from dbbackup.worker.scheduler import Scheduler


def die(*_: Any, **__: Any) -> Any:
    """End as a crash or a power cut does: no handler, no cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_the_manifest() -> None:
    """All parts are stored everywhere; the manifest is about to be written."""
    setattr(manifest, "encode", die)  # noqa: B010 - for mypy, which knows the function's type


def die_between_the_manifests() -> None:
    """The local copy has its manifest; that of the S3 copy is not sent yet."""
    write_locally, write_to_s3 = LocalStorage.write, S3Storage.write

    async def then_die(self: LocalStorage, key: str, *rest: Any) -> StoredObject:
        stored = await write_locally(self, key, *rest)
        return die() if key.endswith(manifest.SUFFIX) else stored

    async def never(self: S3Storage, key: str, *rest: Any) -> StoredObject:
        if key.endswith(manifest.SUFFIX):
            await asyncio.Event().wait()
        return await write_to_s3(self, key, *rest)

    setattr(LocalStorage, "write", then_die)  # noqa: B010
    setattr(S3Storage, "write", never)  # noqa: B010


def die_before_the_row_is_closed() -> None:
    """Manifests are stored everywhere; the transaction that says so is open."""
    setattr(backup_run, "note_result", die)  # noqa: B010


def die_before_the_restores_row_is_closed() -> None:
    """The database is finished and bears no mark any more."""
    setattr(restore_run, "_close", die)  # noqa: B010


def die_while_retention_marks() -> None:
    """Some backups are marked as deleted; the transaction is open."""
    setattr(retention, "mark_deleted", die)  # noqa: B010


def die_after_a_manifest_was_deleted() -> None:
    """The manifest of the local copy is gone; its other files are there."""
    delete_locally = LocalStorage.delete

    async def then_die(self: LocalStorage, key: str, *rest: Any) -> None:
        await delete_locally(self, key, *rest)
        if key.endswith(manifest.SUFFIX):
            die()

    setattr(LocalStorage, "delete", then_die)  # noqa: B010


def die_between_two_copies() -> None:
    """The local copy is gone; the one in S3 is whole."""
    setattr(S3Storage, "delete", die)  # noqa: B010


def die_between_the_renames() -> None:
    """The live database has its new name, the restored one has not taken the old; the transaction is open."""
    rename = postgresql_swap._rename

    async def once(*arguments: Any) -> None:
        setattr(postgresql_swap, "_rename", die)  # noqa: B010
        await rename(*arguments)

    setattr(postgresql_swap, "_rename", once)  # noqa: B010


def die_while_the_database_is_empty() -> None:
    """A database that is replaced in place was dropped and made again; nothing is in it."""
    setattr(replace_run, "fill_database", die)  # noqa: B010


def be_impatient_with_s3() -> None:
    """Give up on a dead S3 server after seconds instead of minutes."""
    patience = Patience(attempts=3, wait_initial=0.1, wait_max=0.5, wait_jitter=0.1, connect=2, answer=3, stall=3)

    def impatient(*arguments: Any, **named: Any) -> S3Storage:
        return S3Storage(*arguments, **{**named, "patience": patience})

    setattr(storages, "S3Storage", impatient)  # noqa: B010


def tell_the_time_of_the_test() -> None:
    """The scheduler's clock goes ahead by the seconds in TEST_CLOCK_AHEAD; it ticks as the real one does."""
    ahead = timedelta(seconds=float(os.environ["TEST_CLOCK_AHEAD"]))

    def test_time(ctx: Context) -> Scheduler:
        return Scheduler(ctx, lambda: utc_now() + ahead)

    setattr(worker, "Scheduler", test_time)  # noqa: B010


CHANGES: dict[str, Callable[[], None]] = {
    change.__name__: change
    for change in (
        die_before_the_manifest,
        die_between_the_manifests,
        die_before_the_row_is_closed,
        die_before_the_restores_row_is_closed,
        die_while_retention_marks,
        die_after_a_manifest_was_deleted,
        die_between_two_copies,
        die_between_the_renames,
        die_while_the_database_is_empty,
        be_impatient_with_s3,
        tell_the_time_of_the_test,
    )
}


def command(change: Callable[[], None]) -> list[str]:
    """Return what to run in place of the program."""
    return [sys.executable, "-m", "tests.faults.launch", change.__name__, "serve"]


if __name__ == "__main__":
    CHANGES[sys.argv.pop(1)]()
    main()
