"""What users would run instead: recipes of other tools, each measured as it is."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtools.bench.figures import Figures, run_tools
from devtools.bench.shapes import Server
from devtools.servers import PostgresServer, SeaweedServer
from devtools.servers.clients import client_dirs

BUCKET = "bench-peers"
Recipe = Callable[[], Figures]


@dataclass(frozen=True)
class Source:
    """The database that is dumped, the folder for what comes of it, and the S3 server."""

    server: Server
    database: str
    home: Path
    storage: SeaweedServer

    @property
    def env(self) -> dict[str, str]:
        """The environment for the tools: it signs in to PostgreSQL and to S3."""
        server = self.server
        inherited = server.env(self.database) if isinstance(server, PostgresServer) else dict(os.environ)
        keys = {"AWS_ACCESS_KEY_ID": self.storage.access_key, "AWS_SECRET_ACCESS_KEY": self.storage.secret_key}
        return {**inherited, **keys, "AWS_REGION": self.storage.region, "RESTIC_PASSWORD": secrets.token_hex(8)}

    @property
    def dump(self) -> list[str]:
        """The dump tool's own command, as the product runs it; it writes to its output."""
        server = self.server
        if isinstance(server, PostgresServer):
            return [str(server.bin_dir / "pg_dump"), "-Fc", "-Z0"]
        flags = ["--single-transaction", "--quick", "--hex-blob", "--extended-insert", "--complete-insert"]
        flags += ["--no-tablespaces", "--routines", "--triggers", "--events", "--max-allowed-packet=1G"]
        return [*_signed_in(server, server.dump_tool), *flags, self.database]

    def stored(self, key: str) -> int:
        """Return the bytes of an object of the peers' bucket."""
        return int(self.storage.client().head_object(Bucket=BUCKET, Key=key)["ContentLength"])

    def limit(self) -> Figures:
        """Measure the dump tool alone, its output to /dev/null."""
        return run_tools([self.dump], self.env)


def peers(source: Source) -> dict[str, Recipe]:
    """Return the recipes that can be had here, by name; says what is missing."""
    if isinstance(source.server, PostgresServer):
        return _postgresql(source, source.server)
    return _mysql(source)


def restoring_peers(source: Source) -> dict[str, Callable[[str], Figures]]:
    """Return recipes that restore what a peer wrote into a new database, whose name they take."""
    server, file = source.server, source.home / "peer.kept"
    if isinstance(server, PostgresServer):
        run_tools([[str(server.bin_dir / "pg_dump"), "-Fc", "-f", str(file)]], source.env)

        def pg_restore(name: str) -> Figures:
            server.psql(f'CREATE DATABASE "{name}"')
            return run_tools([[str(server.bin_dir / "pg_restore"), "-d", name, str(file)]], source.env)

        return {"pg_restore of pg_dump -Fc": pg_restore}
    run_tools([source.dump, ["gzip"]], source.env, file)

    def client(name: str) -> Figures:
        server.sql(f"CREATE DATABASE `{name}`")
        return run_tools([["gzip", "-dc"], [*_signed_in(server, server.client), name]], source.env, source=file)

    return {f"gunzip | {server.client}": client}


def _signed_in(server: Server, tool: str) -> list[str]:
    assert not isinstance(server, PostgresServer)
    return [str(server.bin_dir / tool), f"--defaults-file={server.client_file}"]


def _postgresql(source: Source, server: PostgresServer) -> dict[str, Recipe]:
    pg_dump, out = str(server.bin_dir / "pg_dump"), source.home / "peer"
    plain = [pg_dump]
    found: dict[str, Recipe] = {
        "pg_dump -Fc": lambda: _file(source, [[pg_dump, "-Fc"]], out),
        "pg_dump | gzip": lambda: _file(source, [plain, ["gzip"]], out),
    }
    if newest := _with_zstd():
        command = [newest, "-Fc", "--compress=zstd:5"]
        found["pg_dump -Fc --compress=zstd:5"] = lambda: _file(source, [command], out)
    else:
        print("Not measured: pg_dump with zstd. It wants PostgreSQL 16 or later: make servers")
    return found | _common(source, plain)


def _mysql(source: Source) -> dict[str, Recipe]:
    out = source.home / "peer"
    name = f"{Path(source.dump[0]).name} --single-transaction | gzip"
    found: dict[str, Recipe] = {name: lambda: _file(source, [source.dump, ["gzip"]], out)}
    if tool := _tool("mydumper"):
        found["mydumper --compress, 2 threads"] = lambda: _mydumper(source, tool)
    return found | _common(source, source.dump)


def _common(source: Source, dump: list[str]) -> dict[str, Recipe]:
    """Return the recipes that take any dump: a pipe to S3, and restic."""
    found: dict[str, Recipe] = {}
    label = Path(dump[0]).name
    if (zstd := _tool("zstd")) and (uv := _tool("uv")):
        aws = [uv, "tool", "run", "--from", "awscli==1.46.3", "aws", "--endpoint-url", source.storage.endpoint]
        subprocess.run([*aws, "--version"], check=True, stdout=subprocess.DEVNULL)  # fetches it

        def to_s3() -> Figures:
            key = f"{secrets.token_hex(4)}.zst"
            commands = [dump, [zstd, "-q"], [*aws, "s3", "cp", "-", f"s3://{BUCKET}/{key}"]]
            return run_tools(commands, source.env, written=lambda: source.stored(key))

        found[f"{label} | zstd | aws s3 cp -"] = to_s3
    if restic := _tool("restic"):
        found[f"{label} | restic backup --stdin"] = lambda: _restic(source, dump, restic)
    return found


def _file(source: Source, commands: list[list[str]], out: Path) -> Figures:
    figures = run_tools(commands, source.env, out)
    out.unlink()
    return figures


def _mydumper(source: Source, tool: str) -> Figures:
    folder = source.home / "mydumper"
    assert not isinstance(source.server, PostgresServer)
    login = ["--defaults-file", str(source.server.client_file), "--host", source.server.host]
    port = ["--port", str(source.server.port)]
    command = [tool, *login, *port, "--database", source.database, "--threads=2", "--compress", "--outputdir"]
    try:
        return run_tools([[*command, str(folder)]], source.env, written=lambda: size_of(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _restic(source: Source, dump: list[str], tool: str) -> Figures:
    folder = source.home / "restic"
    env = source.env
    command = [tool, "--no-cache", "--repo", str(folder)]
    subprocess.run([*command, "init"], env=env, check=True, stdout=subprocess.DEVNULL)
    try:
        return run_tools([dump, [*command, "backup", "--stdin"]], env, written=lambda: size_of(folder))
    finally:
        shutil.rmtree(folder)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _tool(name: str) -> str | None:
    found = shutil.which(name)
    if found is None:
        print(f"Not measured: {name}. It is not here: sudo apt-get install {name}")
    return found


def _with_zstd() -> str | None:
    """Return a pg_dump that can write zstd: of PostgreSQL 16 or later."""
    for folder in reversed(client_dirs()):
        tool = folder / "pg_dump"
        if tool.is_file():
            answer = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
            return str(tool) if int(answer.split()[2].split(".")[0]) >= 16 else None
    return None
