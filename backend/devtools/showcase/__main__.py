"""Starts servers, a product behind nginx, and furnishes it: prints the facts as one line of JSON."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from devtools.product import DIST, Product
from devtools.servers import MariadbServer, PostgresServer, SeaweedServer
from devtools.showcase.furnish import Servers, furnish
from devtools.showcase.nginx import find_nginx, serve_page

PASSWORD = "pictures are taken here"
ADMIN = {"AUTH_MODE": "local", "ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": PASSWORD}


def main() -> int:
    """Start everything, print the facts, and wait to be stopped (SIGTERM, Ctrl-C)."""
    if not (DIST / "index.html").exists():
        print("The page is not built. Run `make build` first.", file=sys.stderr)
        return 1
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with (
        ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="dbbackup-showcase-") as home,
        PostgresServer.start() as postgres,
        MariadbServer.start() as mariadb,
        SeaweedServer.start() as storage,
        Product.start(Path(home) / "product", serve_page=True, extra=ADMIN) as product,
    ):
        product.sign_in("admin", PASSWORD)
        ids = furnish(product, Servers(postgres, mariadb, storage), orders=20_000)
        nginx = find_nginx()
        url = stack.enter_context(serve_page(nginx, Path(home) / "nginx", DIST, product.port)) if nginx else None
        showcase = {"baseUrl": product.url, "username": "admin", "password": PASSWORD, "ids": ids, "nginxUrl": url}
        print(json.dumps({"showcase": showcase}), flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
