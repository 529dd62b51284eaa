"""Real servers and the product with its page, for browser tests: prints their facts as one line of JSON.

A test may kill the product itself: SIGUSR1 does, SIGUSR2 starts it again on the same port and data.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from devtools.docker_stand_in import DockerStandIn
from devtools.product import DIST, Product
from devtools.servers import MariadbServer, PostgresServer, SeaweedServer
from devtools.servers.oidc_provider import OidcProvider
from devtools.showcase.furnish import Servers, furnish
from devtools.sources import Server, fill

BUCKET = "e2e-backups"
DATABASE = "shop"
CONTAINER = "shop-db-1"
PEOPLE = {"alice": {"name": "Alice Liddell", "groups": ["staff"]}}
_ADMIN = {"AUTH_MODE": "local", "ADMIN_USERNAME": "root", "ADMIN_PASSWORD": secrets.token_urlsafe(12)}


def main() -> int:
    """Start everything, print the facts, and wait to be stopped (SIGTERM, Ctrl-C)."""
    if not (DIST / "index.html").exists():
        print("The page is not built. Run `make build` first.", file=sys.stderr)
        return 1
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda received, _: asked.put(received))
    with (
        ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="dbbackup-e2e-") as home,
        PostgresServer.start() as postgres,
        MariadbServer.start() as mariadb,
        SeaweedServer.start() as storage,
        _engine_with(postgres) as docker,
        Product.start(Path(home) / "product", serve_page=True, extra={"DOCKER_HOST": docker.host}) as product,
        Product.start(Path(home) / "locked", serve_page=True, extra=_ADMIN) as locked,
        Product.start(Path(home) / "showcase", serve_page=True, extra=_ADMIN) as furnished,
    ):
        provider = stack.enter_context(OidcProvider.start(PEOPLE, f"{locked.url}/sign-in/callback"))
        showcase = Path(home) / "showcase.json"
        # Beside the first tests, which do not need it.
        servers = Servers(postgres, mariadb, storage)
        threading.Thread(target=_furnish, args=(furnished, servers, showcase), daemon=True).start()
        storage.create_bucket(BUCKET)
        for server in (postgres, mariadb):
            fill(server, DATABASE, orders=20_000)
        facts = {
            "baseUrl": product.url,
            "stackPid": os.getpid(),
            "locked": {
                "baseUrl": locked.url,
                "username": _ADMIN["ADMIN_USERNAME"],
                "password": _ADMIN["ADMIN_PASSWORD"],
            },
            "showcaseFile": str(showcase),
            "provider": {"issuer": provider.issuer, "clientId": provider.client_id, "person": "alice"},
            "postgres": _login(postgres),
            "mariadb": _login(mariadb),
            "container": CONTAINER,
            "pgDump": str(postgres.bin_dir / "pg_dump"),
            "s3": {
                "endpoint": storage.endpoint,
                "bucket": BUCKET,
                "region": storage.region,
                "accessKey": storage.access_key,
                "secretKey": storage.secret_key,
            },
        }
        print(json.dumps(facts), flush=True)
        _obey(asked, product)
    return 0


@contextmanager
def _engine_with(postgres: PostgresServer) -> Iterator[DockerStandIn]:
    """Yield a stand-in for a Docker engine in which the server is a container that tells no password."""
    with DockerStandIn() as docker:
        docker.put(CONTAINER, port=postgres.port)
        yield docker


def _obey(asked: queue.SimpleQueue[int], product: Product) -> None:
    """Kill the product and start it again as tests ask, until the end is asked for."""
    while (number := asked.get()) in (signal.SIGUSR1, signal.SIGUSR2):
        if number == signal.SIGUSR1:
            product.kill()
        else:
            product.restart()


def _furnish(product: Product, servers: Servers, facts: Path) -> None:
    """Fill the product, then write its facts to the file, which is there as a whole or not at all."""
    username, password = _ADMIN["ADMIN_USERNAME"], _ADMIN["ADMIN_PASSWORD"]
    product.sign_in(username, password)
    ids = furnish(product, servers)
    found = {"baseUrl": product.url, "username": username, "password": password, "nginxUrl": None, "ids": ids}
    part = facts.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.rename(facts)


def _login(server: Server) -> dict[str, str | int]:
    return {
        "host": server.host,
        "port": server.port,
        "database": DATABASE,
        "username": server.superuser,
        "password": server.password,
    }


if __name__ == "__main__":
    sys.exit(main())
