"""What the demo and the matrix do alike with every engine: fill a server, register it, run, compare."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from devtools import compare_mysql, sample_mysql
from devtools.compare import Comparison, compare
from devtools.product import Product
from devtools.sample import create_shop
from devtools.servers import MysqlFamilyServer, PostgresServer

Server = PostgresServer | MysqlFamilyServer
OnLook = Callable[[dict[str, Any]], None]

_POLL = 0.1


def engine_of(server: Server) -> str:
    """Return the API's word for the kind of server."""
    return "postgresql" if isinstance(server, PostgresServer) else server.engine


def title_of(server: Server) -> str:
    """Return a name such as `PostgreSQL 15` or `MariaDB 10.11`."""
    if isinstance(server, PostgresServer):
        return f"PostgreSQL {server.major}"
    return f"{server.title} {server.version.rpartition('.')[0]}"


def fill(server: Server, database: str, *, orders: int) -> None:
    """Create the sample shop with so many orders."""
    if isinstance(server, PostgresServer):
        create_shop(server, database, orders=orders)
    else:
        sample_mysql.create_shop(server, database, orders=orders)


def compare_copy(source: Server, database: str, copy: str, target: Server | None = None) -> Comparison:
    """Compare a database with its copy (on the same server unless `target` is given)."""
    target = target or source
    if isinstance(source, PostgresServer) and isinstance(target, PostgresServer):
        return compare(source, database, copy, target)
    if isinstance(source, MysqlFamilyServer) and isinstance(target, MysqlFamilyServer):
        return compare_mysql.compare(source, database, copy, target)
    raise TypeError(f"{title_of(source)} and {title_of(target)} cannot be compared")


def register(product: Product, server: Server, database: str, name: str) -> str:
    """Add the database through the API, as the superuser; return its id."""
    where = {"host": server.host, "port": server.port, "database": database}
    login = {"username": server.superuser, "password": server.password}
    added = product.call("POST", "/databases", {"name": name, "type": engine_of(server)} | where | login)
    return str(added["id"])


def follow(
    product: Product, path: str, body: dict[str, Any], on_look: OnLook = lambda _: None, *, every: float = _POLL
) -> dict[str, Any]:
    """Start a backup or a restore and return it when it has ended; `on_look` gets it at each look."""
    run: dict[str, Any] = product.call("POST", path, body)
    while True:
        run = product.call("GET", f"{path}/{run['id']}")
        on_look(run)
        if run["status"] not in ("queued", "running"):
            return run
        time.sleep(every)
