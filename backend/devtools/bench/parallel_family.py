"""What differs for MySQL and MariaDB in the bench of parallel dumps: the tables, and mydumper as the other tool."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.bench.figures import Figures, run_tools
from devtools.bench.peers import size_of
from devtools.bench.shapes import numbers
from devtools.servers import MariadbServer, MysqlFamilyServer, MysqlServer

_ROW_BYTES = 1100
_FILL = """
CREATE TABLE note_{n} (id BIGINT PRIMARY KEY, author VARCHAR(40), body TEXT, KEY (author));
INSERT INTO note_{n} SELECT n, CONCAT('author ', n % 1000), CONCAT({body}) FROM {numbers};
"""
_BODY = ", ".join(f"LEFT(SHA2(n * 31 + {k}, 256), 32), ' lorem ipsum dolor sit amet '" for k in range(18))
TABLES = 4


@contextmanager
def started(engine: str, megabytes: int) -> Iterator[MysqlFamilyServer]:
    """Start a server with the database `bench` in it."""
    settings = {"innodb_buffer_pool_size": "512M"}
    with (MariadbServer if engine == "mariadb" else MysqlServer).start(settings=settings) as server:
        server.sql("CREATE DATABASE bench")
        rows = megabytes * 1024 * 1024 // _ROW_BYTES // TABLES
        for number in range(TABLES):
            server.sql(_FILL.format(n=number, body=_BODY, numbers=numbers(server, rows)), database="bench")
            server.sql(f"ANALYZE TABLE note_{number}", database="bench")
        yield server


def peers(server: MysqlFamilyServer, home: Path) -> dict[str, Callable[[], Figures]]:
    """Return what else one would run; mydumper where it is installed and can sign in."""
    found: dict[str, Callable[[], Figures]] = {}
    for name, flags in {"mydumper -t2": [], "mydumper -t2 -c": ["-c"]}.items():
        command = ["mydumper", f"--defaults-file={_options(server, home)}", "-B", "bench", "-t", "2", *flags]

        def measured(command: list[str] = command) -> Figures:
            target = home / "mydumper"
            try:
                return run_tools([[*command, "-o", str(target)]], {}, written=lambda: size_of(target))
            finally:
                shutil.rmtree(target, ignore_errors=True)

        try:
            measured()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name} is left out: {error}")
        else:
            found[name] = measured
    return found


def _options(server: MysqlFamilyServer, home: Path) -> Path:
    file = home / "mydumper.cnf"
    login = f"user={server.superuser}\npassword={server.password}\n"
    where = f"host={server.host}\nport={server.port}\nprotocol=tcp\n"
    file.touch(mode=0o600)
    file.write_text(f"[client]\n{where}{login}[mydumper]\n{where}{login}")
    return file
