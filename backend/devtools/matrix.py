"""`make matrix`: every PostgreSQL major as source and as target, through the product, as a table."""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from devtools.compare import compare
from devtools.product import Product
from devtools.sample import create_shop
from devtools.servers import PostgresServer
from devtools.servers.binaries import install_postgresql

MAJORS = (14, 15, 16, 17, 18)
DATABASE = "shop"
# Another major words the same objects differently and has more columns: between majors the data is compared.
_SAME_MAJOR_ONLY = ("text of a second dump", "database")


def main() -> int:
    """Print the table; return 0 when every pair did what it should."""
    for major in MAJORS:
        install_postgresql(major)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbbackup-matrix-")))
        servers = {major: stack.enter_context(PostgresServer.start(major)) for major in MAJORS}
        product = stack.enter_context(Product.start(home / "product"))
        ids = {major: _register(product, major, server) for major, server in servers.items()}
        backups = {major: _follow(product, "/backups", {"databaseId": ids[major]}) for major in MAJORS}
        results = {
            (source, target): _pair(product, servers, ids, backups, source, target)
            for source in MAJORS
            for target in MAJORS
        }
    _print_table(results)
    return 0 if all(word in ("equal", "refused") for word in results.values()) else 1


def _pair(
    product: Product,
    servers: dict[int, PostgresServer],
    ids: dict[int, str],
    backups: dict[int, dict[str, Any]],
    source: int,
    target: int,
) -> str:
    name = f"from_{source}"
    body = {"databaseId": ids[target], "backupId": backups[source]["id"], "options": {"newDatabase": name}}
    plan = product.call("POST", "/restores/preflight", body)
    if source > target:
        refused = not plan["ok"] and any(f["code"] == "downgrade" for f in plan["findings"])
        return "refused" if refused else "DOWNGRADE NOT REFUSED"
    restore = _follow(product, "/restores", {**body, "confirm": True})
    if restore["status"] != "completed":
        return f"FAILED: {restore['errorMessage']}"
    found = compare(servers[source], DATABASE, name, servers[target])
    kept = [d for d in found.differences if source == target or d.what not in _SAME_MAJOR_ONLY]
    differences = [f"{d.what}: {d.source!r} became {d.copy!r}" for d in kept]
    return f"DIFFERS: {'; '.join(differences)}" if differences else "equal"


def _register(product: Product, major: int, server: PostgresServer) -> str:
    create_shop(server, DATABASE, orders=2000)
    where = {"host": server.host, "port": server.port, "database": DATABASE}
    login = {"username": server.superuser, "password": server.password}
    body = {"name": f"PostgreSQL {major}", "type": "postgresql"} | where | login
    database_id: str = product.call("POST", "/databases", body)["id"]
    return database_id


def _follow(product: Product, path: str, body: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = product.call("POST", path, body)
    while run["status"] in ("queued", "running"):
        time.sleep(0.1)
        run = product.call("GET", f"{path}/{run['id']}")
    return run


def _print_table(results: dict[tuple[int, int], str]) -> None:
    print(f"{'source / target':<18}" + "".join(f"{major:>10}" for major in MAJORS))
    for source in MAJORS:
        words = (results[source, target] for target in MAJORS)
        print(f"PostgreSQL {source:<7}" + "".join(f"{word.split(':')[0]:>10}" for word in words))
    for (source, target), word in results.items():
        if word not in ("equal", "refused"):
            print(f"{source} into {target}: {word}")


if __name__ == "__main__":
    sys.exit(main())
