"""What goes wrong: one function a fault, listed at the end. All of it is taken back by `World.recover`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from devtools.servers.http_faults import HTTP_FAULTS, HttpFault
from tests.faults import catalogue, leftovers
from tests.faults.chaos.operations import (
    Chosen,
    Ticket,
    choose_copy,
    fill_from,
    finished,
    follow_up,
    restore_copy,
    verify_copy,
)
from tests.faults.chaos.world import BUCKET, World

Fault = Callable[[World], None]
Corruption = Callable[[World, Chosen, str], None]


def kill_api(world: World) -> None:
    """SIGKILL the product."""
    world.product.kill()


def stop_api(world: World) -> None:
    """SIGTERM the product: it may finish nothing, and must still leave nothing."""
    world.product.stop()


def kill_tool(world: World) -> None:
    """SIGKILL one of the running dump or restore tools."""
    children = sorted(leftovers.processes(catalogue.instance_id(world.home)))
    if children:
        with suppress(ProcessLookupError):
            os.kill(world.random.choice(children), signal.SIGKILL)


def kill_database(world: World) -> None:
    """SIGKILL a database server with all its backends."""
    if world.random.random() < 0.7:
        world.postgres.kill()
    else:
        world.maria.kill()


def cut_database(world: World) -> None:
    """Reset the connections to PostgreSQL."""
    world.database_wire.drop()


def cut_s3(world: World) -> None:
    """Reset the connections to S3; half of the time it stays away for a while."""
    if world.random.random() < 0.5:
        world.s3_wire.refuse()
    else:
        world.s3_wire.drop()


def stall_s3(world: World) -> None:
    """S3 stands still without closing anything."""
    world.s3_wire.stall()


def fill_disk(world: World) -> None:
    """Fill the volume of the local backups, but for a little."""
    _fill(world, "backups")


def fill_catalogue_disk(world: World) -> None:
    """Fill both volumes, the catalogue's too."""
    _fill(world, "backups")
    _fill(world, "db")


def http(fault: HttpFault, world: World) -> None:
    """Spoil some of the next answers of S3."""
    world.s3_http.spoil(fault, world.random.choice([1, 2, 5, 50]))


FAULTS: dict[str, Fault] = {
    "kill -9 API": kill_api,
    "stop API": stop_api,
    "kill -9 tool": kill_tool,
    "kill -9 database": kill_database,
    "cut database": cut_database,
    "cut S3": cut_s3,
    "stall S3": stall_s3,
    **{f"S3: {name}": partial(http, name) for name in HTTP_FAULTS},
}
DISK_FAULTS: dict[str, Fault] = {"disk full": fill_disk, "catalogue's disk full": fill_catalogue_disk}
"""Only where the product's data lies on volumes of its own."""


def flip(world: World, copy: Chosen, key: str) -> None:
    """Change one bit of a stored file."""
    data = bytearray(world.stored(copy.storage, key) or b"")
    data[world.random.randrange(len(data))] ^= 1 << world.random.randrange(8)
    _replace(world, copy, key, bytes(data))


def truncate(world: World, copy: Chosen, key: str) -> None:
    """Cut a stored file anywhere."""
    data = world.stored(copy.storage, key) or b""
    _replace(world, copy, key, data[: world.random.randrange(len(data))])


CORRUPTIONS: dict[str, Corruption] = {"byte flipped": flip, "file truncated": truncate}


def corrupted(world: World, corruption: Corruption) -> tuple[Ticket, Chosen]:
    """Alter a stored backup, then begin to read it; whatever reads it must refuse it."""
    source = "lines"
    finished(follow_up(world, source))
    copy = choose_copy(world, (source,))
    world.spoilt.add(copy.copy_id)
    reading = world.random.choice(["restore", "fill", "verify"])
    # A restore reads the dump alone; a verification reads the roles beside it, too.
    dumps = [key for key in sorted(copy.files) if ".globals." not in key]
    corruption(world, copy, world.random.choice(sorted(copy.files) if reading == "verify" else dumps))
    if reading == "verify":
        return verify_copy(world, copy, world.random.choice([1, 2, 3])), copy
    return (restore_copy if reading == "restore" else fill_from)(world, copy), copy


def _replace(world: World, copy: Chosen, key: str, data: bytes) -> None:
    if copy.storage == "local":
        (world.home / "backups" / key).write_bytes(data)
    else:
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=data)


def _fill(world: World, volume: str) -> None:
    folder = world.home / volume
    stats = os.statvfs(folder)
    left = world.random.choice([0, 0, 20_000, 300_000, 2_000_000])
    size = stats.f_bavail * stats.f_frsize - left
    if size > 0:
        fd = os.open(folder / "filler", os.O_CREAT | os.O_WRONLY, 0o600)
        with suppress(OSError):
            os.posix_fallocate(fd, 0, size)
        os.close(fd)
