"""`make demo`: a real database backed up to disk and S3, restored from both, and compared cell by cell."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.compare import Comparison, compare
from devtools.product import DIST, ApiError, Product
from devtools.sample import create_shop
from devtools.servers import PostgresServer, SeaweedServer
from devtools.servers.children import ServerStartError

BUCKET = "demo-backups"
DATABASE = "shop"
_POLL = 0.1

BeforeComparing = Callable[[PostgresServer, str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table at the end; `size` in bytes, `seconds` of wall time."""

    name: str
    size: int | None
    seconds: float


def main(
    argv: Sequence[str] | None = None, before_comparing: BeforeComparing | None = None, *, serve_page: bool = True
) -> int:
    """Run the demo; return 0 only when every comparison held.

    `before_comparing` is called with the server and each copy's name: a test changes a cell there.
    Without `serve_page` there is the API only, and the page need not be built.
    """
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop everything at the end")
    parser.add_argument("--orders", type=int, default=200_000, help="rows of the largest table")
    options = parser.parse_args(argv)
    if serve_page and not (DIST / "index.html").exists():
        print("The page is not built. Run `make build`, then `make demo` again.", file=sys.stderr)
        return 1
    try:
        return _run(options.once, options.orders, before_comparing, serve_page)
    except (ServerStartError, ApiError, DemoError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1


class DemoError(RuntimeError):
    """A run of the product did not complete."""


def _run(once: bool, orders: int, before_comparing: BeforeComparing | None, serve_page: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="dbbackup-demo-") as home:
        _say("Starting a private PostgreSQL and a private S3 server (SeaweedFS) on free loopback ports")
        with PostgresServer.start() as postgres, SeaweedServer.start() as storage:
            storage.create_bucket(BUCKET)
            _say(f"Filling the sample database {DATABASE} ({orders} orders)")
            create_shop(postgres, DATABASE, orders=orders)
            _say("Starting the product")
            with Product.start(Path(home) / "product", serve_page=serve_page) as product:
                equal = _show(product, postgres, storage, before_comparing)
                if not once:
                    _wait(product)
    return 0 if equal else 1


def _show(
    product: Product, postgres: PostgresServer, storage: SeaweedServer, before_comparing: BeforeComparing | None
) -> bool:
    database_id = _register(product, postgres, storage)
    steps = []
    backup, seconds = _follow(product, "/backups", {"databaseId": database_id, "label": "First backup"})
    steps.append(Step("Backup to local disk and S3 at once", backup["size"], seconds))
    comparisons: dict[str, Comparison] = {}
    for copy in backup["copies"]:
        name = f"{DATABASE}_from_{copy['storage']}"
        body = {
            "databaseId": database_id,
            "backupId": backup["id"],
            "copyId": copy["id"],
            "options": {"newDatabase": name},
            "confirm": True,
        }
        _, seconds = _follow(product, "/restores", body)
        steps.append(Step(f"Restore from {copy['storage']} into {name}", copy["size"], seconds))
        if before_comparing:
            before_comparing(postgres, name)
        started = time.monotonic()
        comparisons[name] = compare(postgres, DATABASE, name)
        steps.append(Step(f"Compare {name} with {DATABASE}", None, time.monotonic() - started))
    _print_table(backup, steps, comparisons)
    return all(comparison.equal for comparison in comparisons.values())


def _register(product: Product, postgres: PostgresServer, storage: SeaweedServer) -> str:
    _say("Registering the S3 bucket and the database through the API")
    product.call(
        "POST",
        "/s3-configs",
        {
            "name": "Demo bucket",
            "bucket": BUCKET,
            "endpoint": storage.endpoint,
            "accessKey": storage.access_key,
            "secretKey": storage.secret_key,
            "pathStyle": True,
            "allowHttp": True,
        },
    )
    database = product.call(
        "POST",
        "/databases",
        {
            "name": "Demo shop",
            "type": "postgresql",
            "host": postgres.host,
            "port": postgres.port,
            "database": DATABASE,
            "username": postgres.superuser,
            "password": postgres.password,
        },
    )
    database_id: str = database["id"]
    return database_id


def _follow(product: Product, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Start a run, print its log as it grows, return it and its seconds. Raises DemoError when it did not complete."""
    started, seen = time.monotonic(), 0
    run = product.call("POST", path, body)
    while True:
        run = product.call("GET", f"{path}/{run['id']}")
        for line in product.call("GET", f"{path}/{run['id']}/logs", after=seen, level="info"):
            print(f"    {line['timestamp'][11:19]} {line['level']:<5} {line['message']}")
            seen = line["seq"]
        if run["status"] not in ("queued", "running"):
            break
        time.sleep(_POLL)
    if run["status"] != "completed":
        raise DemoError(f"{path} ended as {run['status']}: {run['errorMessage']}")
    failed = [copy["error"] for copy in run.get("copies", ()) if copy["state"] != "complete"]
    if failed:
        raise DemoError(f"a copy of the backup failed: {failed[0]}")
    return run, time.monotonic() - started


def _print_table(backup: dict[str, Any], steps: list[Step], comparisons: dict[str, Comparison]) -> None:
    print(f"\n  {'Step':<46} {'Size':>10} {'Time':>9}")
    for step in steps:
        size = f"{step.size / 1024**2:.1f} MiB" if step.size is not None else ""
        print(f"  {step.name:<46} {size:>10} {step.seconds:>7.1f} s")
    source, plain, stored = (backup[name] / 1024**2 for name in ("sourceSize", "plainSize", "size"))
    print(f"\n  Database {source:.1f} MiB, dump {plain:.1f} MiB, stored {stored:.1f} MiB ({backup['compression']})")
    for name, result in comparisons.items():
        what = (
            f"{result.tables} tables, {result.rows} rows, {result.sequences} sequences, settings, a second dump's text"
        )
        print(f"  {name}: {'EQUAL' if result.equal else 'DIFFERENT'} ({what})")
        for difference in result.differences:
            print(f"    {difference.what}: {difference.source[:100]!r} is {difference.copy[:100]!r} in the copy")


def _wait(product: Product) -> None:
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    print(f"\n  The page is at {product.url}  (Ctrl-C stops everything and removes it)\n", flush=True)
    done.wait()


def _say(message: str) -> None:
    print(f"* {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
