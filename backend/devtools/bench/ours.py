"""Runs the product's own backups and restores through its API, and measures them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from devtools.bench.figures import Figures, ProcessMeter
from devtools.bench.shapes import Server
from devtools.product import Product
from devtools.servers import SeaweedServer
from devtools.sources import follow, register

BUCKET = "bench-backups"

WAYS: dict[str, dict[str, Any]] = {
    "gzip to disk": {"compression": "gzip"},
    "zstd to disk": {"compression": "zstd"},
    "not compressed, to disk": {"compression": "none"},
    "gzip and age to disk": {"compression": "gzip", "encryption": "age"},
    "gzip to S3": {"compression": "gzip", "local": False, "uploadToS3": True},
    "gzip to disk and S3": {"compression": "gzip", "uploadToS3": True},
}
MAIN = "gzip to disk"
_LOOK = 0.5
"""Seconds. The product tells its own times; each look costs it CPU that the tools beside it need not pay."""


class Ours:
    """The product with one database of the bench in it."""

    def __init__(self, product: Product, server: Server, database: str) -> None:
        self._product = product
        self._meter = ProcessMeter(product.pid)
        self._restored = 0
        self.database_id = register(product, server, database, database)

    def back_up(self, way: str, *, keep: bool = False, jobs: int = 1) -> tuple[Figures, dict[str, Any]]:
        """Back up in one of the WAYS; return the figures of the whole run with its checks, and the run."""
        body = {"databaseId": self.database_id, "uploadToS3": False, "encryption": "none", **WAYS[way]}
        if jobs > 1:
            body["options"] = {"jobs": jobs}
        figures, run = self._follow("/backups", body, lambda run: sum(copy["size"] or 0 for copy in run["copies"]))
        check_copies(run)
        if not keep:
            self._product.call("DELETE", f"/backups/{run['id']}")
        return figures, run

    def restore(self, backup: dict[str, Any], storage: str, name: str, jobs: int = 1) -> Figures:
        """Restore the copy of the backup that lies on this kind of storage into a new database."""
        copy = next(copy for copy in backup["copies"] if copy["storage"] == storage)
        what = {"databaseId": self.database_id, "backupId": backup["id"], "copyId": copy["id"]}
        options = {"newDatabase": name} | ({"jobs": jobs} if jobs > 1 else {})
        figures, _ = self._follow("/restores", {**what, "options": options, "confirm": True}, lambda _: copy["size"])
        return figures

    def _follow(
        self, path: str, body: dict[str, Any], size: Callable[[dict[str, Any]], int]
    ) -> tuple[Figures, dict[str, Any]]:
        with self._meter.measure() as found:
            run = follow(self._product, path, body, every=_LOOK)
        if run["status"] != "completed":
            raise RuntimeError(f"{path} ended as {run['status']}: {run['errorMessage']}")
        cpu, peaks = found[0]
        return Figures(run["duration"], cpu, size(run), peaks), run


def check_copies(*backups: dict[str, Any]) -> None:
    """Raise RuntimeError when a backup is complete, but a copy of it was not made: its figures would be too good."""
    for copy in (copy for backup in backups for copy in backup["copies"]):
        if copy["state"] != "complete":
            raise RuntimeError(f"A copy ({copy['storage']}) is {copy['state']}: {copy['error']}")


def prepare(product: Product, storage: SeaweedServer) -> None:
    """Add the S3 config and the key that the WAYS need."""
    storage.create_bucket(BUCKET)
    keys = {"accessKey": storage.access_key, "secretKey": storage.secret_key, "isDefault": True}
    bucket = {"name": "bench", "bucket": BUCKET, "endpoint": storage.endpoint, "pathStyle": True, "allowHttp": True}
    product.call("POST", "/s3-configs", bucket | keys)
    key = product.call("POST", "/encryption-keys", {"name": "Bench"})
    url = f"{product.url}/api/encryption-keys/{key['id']}/download"
    httpx.post(url, trust_env=False).raise_for_status()
