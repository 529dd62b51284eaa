"""Looks for secrets wherever a person, a log collector or a neighbour on the machine could read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dbbackup.core.catalogue_url import CatalogueUrl
from tests.catalogue import dump
from tests.faults import leftovers

if TYPE_CHECKING:
    from tests.faults.rig import Rig

_RUNS = ("/backups", "/restores")
_NEWEST = 6
"""How many of the runs are looked at: each test looks at its own."""


def search(rig: Rig) -> list[str]:
    """Return every place outside memory, the environment and the sealed columns that holds a secret."""
    url = rig.product.catalogue
    secrets = {
        **({"the catalogue's password": url.password.reveal()} if isinstance(url, CatalogueUrl) else {}),
        "the database's password": rig.postgres.password,
        "the S3 secret key": rig.seaweed.secret_key,
        "ENCRYPTION_KEY": rig.encryption_key,
    }
    return [
        f"{name} in {place}"
        for place, text in [*_files(rig), *_bucket(rig), *_answers(rig)]
        for name, secret in secrets.items()
        if secret.encode() in text
    ]


def in_command_lines(*secrets: str) -> list[str]:
    """Return the command lines, of any process on this machine, that hold one of the secrets."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (entry / "cmdline").read_bytes()
            found += [line.decode(errors="replace") for secret in secrets if secret.encode() in line]
    return found


def _files(rig: Rig) -> Iterator[tuple[str, bytes]]:
    yield "the log", rig.product.log.encode()
    if isinstance(rig.product.catalogue, CatalogueUrl):
        yield "the catalogue", "\n".join(dump(rig.product.catalogue)).encode()
    else:
        for path in (rig.home / "db").iterdir():  # the SQLite file and its write-ahead log
            yield path.name, path.read_bytes()
    for path in (rig.home / "backups").rglob("*.json"):
        yield path.name, path.read_bytes()


def _bucket(rig: Rig) -> Iterator[tuple[str, bytes]]:
    for key in leftovers.objects(rig.s3, "backups"):
        if key.endswith(".json"):
            yield f"object {key}", rig.s3.get_object(Bucket="backups", Key=key)["Body"].read()


def _answers(rig: Rig) -> Iterator[tuple[str, bytes]]:
    for path in ("/databases", "/s3-configs", "/backups", "/restores", "/system/status"):
        listed = rig.product.call("GET", path, **({"limit": _NEWEST} if path in _RUNS else {}))
        yield path, json.dumps(listed).encode()
        for entry in listed if isinstance(listed, list) else ():
            one = f"{path}/{entry['id']}"
            yield one, json.dumps(rig.product.call("GET", one)).encode()
            if path in _RUNS:
                yield f"{one}/logs", json.dumps(rig.product.call("GET", f"{one}/logs", limit=10_000)).encode()
