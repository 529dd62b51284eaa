"""Finds what a run left behind and should not have: on disk, in the bucket, among processes, on the server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from devtools.servers import PostgresServer
from tests.faults import catalogue


def leftovers(home: Path, s3: Any, bucket: str, postgres: PostgresServer, storage: Path | None = None) -> list[str]:
    """Return a line for everything no complete copy accounts for, and for every file of one that is missing.

    `s3` is a botocore client that goes to the server itself, past any fault.
    """
    expected = catalogue.kept(home)
    found = list(_disk(storage or home / "backups", expected.files))
    found += _bucket(s3, bucket, expected.objects)
    found += [f"open upload: {key}" for key in open_uploads(s3, bucket)]
    found += [f"process: {line}" for line in processes(catalogue.instance_id(home)).values()]
    marked = (
        "SELECT datname FROM pg_database d WHERE shobj_description(d.oid, 'pg_database') LIKE 'dbbackup:%'"
        " OR datname LIKE 'dbbackup_new_%'"
    )
    with suppress(RuntimeError):  # the server is down: nothing can be asked, and the test will start it again
        found += [f"half-filled database: {name}" for name in postgres.psql(marked).splitlines()]
    return found


def processes(instance: str) -> dict[int, str]:
    """Return the processes this instance of the product started, by their mark, with their command lines."""
    mark, found = f"DBBACKUP_OWNER={instance}:".encode(), {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended while we looked, or is another user's
            if mark in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def open_uploads(s3: Any, bucket: str) -> list[str]:
    """Return the keys of the open multipart uploads."""
    return [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def objects(s3: Any, bucket: str) -> set[str]:
    """Return the keys of all objects."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def _disk(storage: Path, expected: set[str]) -> Iterator[str]:
    present = set()
    for folder, folders, names in os.walk(storage):
        if Path(folder).name == ".work":
            yield from (f"work folder: {name}" for name in (*folders, *names))
            folders.clear()
            continue
        present |= {str((Path(folder) / name).relative_to(storage)) for name in names}
    yield from (f"file: {name}" for name in sorted(present - expected))
    yield from (f"missing file: {name}" for name in sorted(expected - present))


def _bucket(s3: Any, bucket: str, expected: set[str]) -> Iterator[str]:
    present = objects(s3, bucket)
    yield from (f"object: {key}" for key in sorted(present - expected))
    yield from (f"missing object: {key}" for key in sorted(expected - present))
