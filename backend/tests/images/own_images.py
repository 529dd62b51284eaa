"""Images of database servers that start by themselves, as the vendors' do, who cannot be asked here."""

from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

from devtools.docker_engine import DockerEngine
from devtools.servers.binaries import postgresql_bin_dir
from tests.images.stack import BASE

POSTGRES, MARIADB, BROKEN = "postgres:15-own", "mariadb:10.11-own", "postgres:15-broken"
_HERE = Path(__file__).parent
_MARIADB_PACKAGES = ("mariadb-server-core", "mariadb-client-core", "mariadb-common")


def make_postgres(engine: DockerEngine) -> None:
    """Make an image of PostgreSQL 15 with its data in a volume."""
    engine.docker("create", "--name", "making", BASE, "true")
    engine.docker("cp", postgresql_bin_dir(15).parent, "making:/opt/postgresql")
    engine.docker("cp", _HERE / "entrypoint-postgres.sh", "making:/entrypoint.sh")
    _commit(engine, POSTGRES, "/var/lib/postgresql/data", "ENV PATH=/opt/postgresql/bin:/usr/bin:/bin", "EXPOSE 5432")


def make_broken(engine: DockerEngine) -> None:
    """Make an image whose server does not come up, unless its container is told that it shall."""
    engine.docker("create", "--name", "making", POSTGRES)
    engine.docker("commit", "--change", "ENV FAIL_WITH=PG_VERSION", "making", BROKEN)
    engine.docker("rm", "--volumes", "making")


def make_mariadb(engine: DockerEngine, folder: Path) -> None:
    """Make an image of the machine's own MariaDB with its data in a volume."""
    files = folder / "mariadb.tar"
    with tarfile.open(files, "w", dereference=True) as archive:
        for path in _mariadb_files():
            archive.add(path, path.lstrip("/"), recursive=False)
    engine.docker("create", "--name", "making", BASE, "true")
    with files.open("rb") as content:
        subprocess.run(["docker", "cp", "-", "making:/"], env=engine.environment, stdin=content, check=True)
    files.unlink()
    engine.docker("cp", _HERE / "entrypoint-mariadb.sh", "making:/entrypoint.sh")
    _commit(engine, MARIADB, "/var/lib/mysql", "ENV PATH=/usr/sbin:/usr/bin:/bin", "EXPOSE 3306")


def _commit(engine: DockerEngine, name: str, volume: str, *changes: str) -> None:
    wanted = ['ENTRYPOINT ["/entrypoint.sh"]', f"VOLUME {volume}", *changes]
    engine.docker("commit", *(part for change in wanted for part in ("--change", change)), "making", name)
    engine.docker("rm", "making")


def _mariadb_files() -> list[str]:
    """Return what the server needs: the packages' own files, and the libraries of its programs."""
    listed = subprocess.run(["dpkg", "-L", *_MARIADB_PACKAGES], capture_output=True, text=True, check=True).stdout
    mine = [
        path
        for path in listed.splitlines()
        if re.match(r"/usr/(s?bin|share/mysql|lib)/", path) and Path(path).is_file() and "/maria-back" not in path
    ]
    dump = "/usr/bin/mariadb-dump"
    loaded = subprocess.run(
        ["ldd", "/usr/sbin/mariadbd", "/usr/bin/mariadb", dump], capture_output=True, text=True, check=True
    ).stdout
    # /lib is a link into /usr, in the image as here.
    libraries = {re.sub(r"^/lib", "/usr/lib", path) for path in re.findall(r"=> (/\S+)", loaded)}
    return sorted({*mine, dump, *libraries})
