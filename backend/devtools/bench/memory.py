"""Measures the memory of the API process for databases of growing size, and for five backups at once.

Each goes to disk and S3 at the same time and comes back from S3; the peak is taken anew for each run. Nothing here
passes or fails.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from devtools.bench.figures import Figures, ProcessMeter, mib, resident
from devtools.bench.machine import describe
from devtools.bench.ours import Ours, check_copies, prepare
from devtools.bench.shapes import fill
from devtools.product import Product
from devtools.servers import PostgresServer, SeaweedServer
from devtools.sources import register

SIZES = [int(size) for size in (os.environ.get("SIZES") or "100,1000,5000").split(",")]
WAY = "gzip to disk and S3"
AT_ONCE = 5


def main() -> int:
    """Print a line for each size and one for five at once; return 0."""
    settings = {"shared_buffers": "512MB", "max_wal_size": "8GB"}
    with (
        tempfile.TemporaryDirectory(prefix="dbbackup-memory-") as home,
        PostgresServer.start(settings=settings) as server,
        SeaweedServer.start() as storage,
        Product.start(Path(home) / "product", extra={"MAX_CONCURRENT_BACKUPS": str(AT_ONCE)}) as product,
    ):
        print(f"{describe()}\nPostgreSQL, wide rows, {WAY}; peak memory (VmHWM) in MiB of each process")
        # As every start but the first: what migrates the catalogue is not loaded.
        product.restart()
        prepare(product, storage)
        print(f"{'after the start':<32} {_peaks({'python': resident(product.pid)})}")
        for size in SIZES:
            _one(product, server, size)
        _at_once(product, server, SIZES[0])
    return 0


def _one(product: Product, server: PostgresServer, size: int) -> None:
    name = f"of_{size}"
    fill(server, name, "wide", size)
    ours = Ours(product, server, name)
    figures, run = ours.back_up(WAY, keep=True)
    _print(f"{size} MB, backup", figures)
    _print(f"{size} MB, restore from S3", ours.restore(run, "s3", "restored"))
    server.psql('DROP DATABASE "restored"')
    product.call("DELETE", f"/backups/{run['id']}")
    if size != SIZES[0]:
        server.psql(f'DROP DATABASE "{name}"')


def _at_once(product: Product, server: PostgresServer, size: int) -> None:
    ids = [register(product, server, f"of_{size}", f"Of {n}") for n in range(AT_ONCE)]
    body, began = {"uploadToS3": True, "encryption": "none"}, time.monotonic()
    with ProcessMeter(product.pid).measure() as found:
        runs = [product.call("POST", "/backups", {"databaseId": id_, **body}) for id_ in ids]
        while any(run["status"] in ("queued", "running") for run in runs):
            time.sleep(0.2)
            runs = [product.call("GET", f"/backups/{run['id']}") for run in runs]
    wall, (cpu, peaks) = time.monotonic() - began, found[0]
    if any(run["status"] != "completed" for run in runs):
        raise RuntimeError(f"They ended as {[(run['status'], run['errorMessage']) for run in runs]}")
    check_copies(*runs)
    size_of_all = sum(copy["size"] for run in runs for copy in run["copies"])
    _print(f"{AT_ONCE} x {size} MB at once", Figures(wall, cpu, size_of_all, peaks))


def _print(name: str, figures: Figures) -> None:
    print(f"{name:<32} {_peaks(figures.peaks)}   ({figures.wall:.1f} s, {mib(figures.written):.0f} MiB stored)")


def _peaks(peaks: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {peak}" for name, peak in sorted(peaks.items()))


if __name__ == "__main__":
    sys.exit(main())
