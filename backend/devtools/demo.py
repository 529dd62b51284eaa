"""`make demo`: real databases backed up to disk and S3, restored from both, and compared cell by cell."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devtools.compare import Comparison
from devtools.product import DIST, ApiError, Product
from devtools.servers import MariadbServer, MissingBinaryError, MysqlServer, PostgresServer, SeaweedServer
from devtools.servers.children import ServerStartError
from devtools.sources import Server, compare_copy, fill, follow, register, title_of

BUCKET = "demo-backups"
ADMIN = "admin"
DATABASE = "shop"

BeforeComparing = Callable[[Server, str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table at the end; `size` in bytes, `seconds` of wall time."""

    name: str
    size: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Story:
    """What was done with one server's database; `comparisons` by the name of the copy."""

    title: str
    backup: dict[str, Any]
    steps: list[Step] = field(default_factory=list)
    comparisons: dict[str, Comparison] = field(default_factory=dict)


def main(
    argv: Sequence[str] | None = None, before_comparing: BeforeComparing | None = None, *, serve_page: bool = True
) -> int:
    """Run the demo; return 0 only when every comparison held.

    `before_comparing` is called with the server and each copy's name: a test changes a cell there.
    Without `serve_page` there is the API only, and the page need not be built.
    """
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop everything at the end")
    parser.add_argument("--orders", type=int, default=100_000, help="rows of each largest table")
    options = parser.parse_args(argv)
    if serve_page and not (DIST / "index.html").exists():
        print("The page is not built. Run `make build`, then `make demo` again.", file=sys.stderr)
        return 1
    try:
        return _run(options.once, options.orders, before_comparing, serve_page)
    except (MissingBinaryError, ServerStartError, ApiError, DemoError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1


class DemoError(RuntimeError):
    """A run of the product did not complete."""


def _run(once: bool, orders: int, before_comparing: BeforeComparing | None, serve_page: bool) -> int:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbbackup-demo-")))
        _say("Starting private servers on free loopback ports: PostgreSQL, MySQL, MariaDB, S3 (SeaweedFS)")
        servers: list[Server] = [
            stack.enter_context(PostgresServer.start()),
            stack.enter_context(MysqlServer.start()),
            stack.enter_context(MariadbServer.start()),
        ]
        storage = stack.enter_context(SeaweedServer.start())
        storage.create_bucket(BUCKET)
        for server in servers:
            _say(f"Filling the sample database {DATABASE} of {title_of(server)} ({orders} orders)")
            fill(server, DATABASE, orders=orders)
        _say("Starting the product")
        password = secrets.token_urlsafe(12)
        admin = {"AUTH_MODE": "local", "ADMIN_USERNAME": ADMIN, "ADMIN_PASSWORD": password}
        product = stack.enter_context(Product.start(home / "product", serve_page=serve_page, extra=admin))
        product.sign_in(ADMIN, password)
        _register_bucket(product, storage)
        stories = [_tell(product, server, before_comparing) for server in servers]
        _print_table(stories)
        equal = all(comparison.equal for story in stories for comparison in story.comparisons.values())
        if not once:
            _wait(product, password)
    return 0 if equal else 1


def _tell(product: Product, server: Server, before_comparing: BeforeComparing | None) -> Story:
    title = title_of(server)
    _say(f"Registering the database of {title} through the API")
    database_id = register(product, server, DATABASE, f"Demo shop, {title}")
    backup, seconds = _follow(product, "/backups", {"databaseId": database_id, "label": "First backup"})
    story = Story(title, backup, [Step("Backup to local disk and S3 at once", backup["size"], seconds)])
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
        story.steps.append(Step(f"Restore from {copy['storage']} into {name}", copy["size"], seconds))
        if before_comparing:
            before_comparing(server, name)
        started = time.monotonic()
        story.comparisons[name] = compare_copy(server, DATABASE, name)
        story.steps.append(Step(f"Compare {name} with {DATABASE}", None, time.monotonic() - started))
    return story


def _register_bucket(product: Product, storage: SeaweedServer) -> None:
    _say("Registering the S3 bucket through the API")
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


def _follow(product: Product, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Start a run, print its log as it grows, return it and its seconds. Raises DemoError when it did not complete."""
    started, seen = time.monotonic(), 0

    def print_log(run: dict[str, Any]) -> None:
        nonlocal seen
        for line in product.call("GET", f"{path}/{run['id']}/logs", after=seen, level="info"):
            print(f"    {line['timestamp'][11:19]} {line['level']:<5} {line['message']}")
            seen = line["seq"]

    run = follow(product, path, body, print_log)
    if run["status"] != "completed":
        raise DemoError(f"{path} ended as {run['status']}: {run['errorMessage']}")
    failed = [copy["error"] for copy in run.get("copies", ()) if copy["state"] != "complete"]
    if failed:
        raise DemoError(f"a copy of the backup failed: {failed[0]}")
    return run, time.monotonic() - started


def _print_table(stories: list[Story]) -> None:
    print(f"\n  {'Server':<14} {'Step':<46} {'Size':>10} {'Time':>9}")
    for story in stories:
        for step in story.steps:
            size = f"{step.size / 1024**2:.1f} MiB" if step.size is not None else ""
            print(f"  {story.title:<14} {step.name:<46} {size:>10} {step.seconds:>7.1f} s")
    print()
    for story in stories:
        backup = story.backup
        source, plain, stored = (backup[name] / 1024**2 for name in ("sourceSize", "plainSize", "size"))
        sizes = f"database {source:.1f} MiB, dump {plain:.1f} MiB, stored {stored:.1f} MiB"
        print(f"  {story.title}: {sizes} ({backup['compression']})")
    for story in stories:
        for name, result in story.comparisons.items():
            what = f"{result.tables} tables, {result.rows} rows, {result.sequences} counters, settings, definitions"
            print(f"  {story.title}, {name}: {'EQUAL' if result.equal else 'DIFFERENT'} ({what})")
            for difference in result.differences:
                print(f"    {difference.what}: {difference.source[:100]!r} is {difference.copy[:100]!r} in the copy")


def _wait(product: Product, password: str) -> None:
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    print(f"\n  The page is at {product.url}  (Ctrl-C stops everything and removes it)")
    print(f"  Sign in as {ADMIN} with the password {password}\n", flush=True)
    done.wait()


def _say(message: str) -> None:
    print(f"* {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
