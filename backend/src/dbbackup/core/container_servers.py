"""Which containers run a database server, and how its image was told to let people in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dbbackup.core.containers import Container
from dbbackup.core.secret import Secret

ReadFile = Callable[[str], str | None]
"""Returns what is in a secret's file, None when it cannot be read here."""

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
# By the image's own name, without registry and tag. What only works with a server is none.
_NO_SERVER = re.compile(
    r"bouncer|pgpool|pgcat|proxysql|maxscale|router|haproxy|exporter|admin|adminer|backup|client|migrat"
)
_SERVERS = (
    (re.compile(r"postgres|postgis|timescale|pgvector|spilo"), ("postgresql",)),
    (re.compile(r"mariadb"), ("mariadb",)),
    (re.compile(r"mysql|percona-server|^percona$"), ("mysql",)),
)
_TRUE = ("1", "yes", "true", "on")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to sign in; `missing` says why that is not known."""

    username: str
    password: Secret
    database: str | None = None
    """The database that the image was told to make."""
    missing: str | None = None


def engine_types(container: Container) -> tuple[str, ...]:
    """Return the engines a container may run, the likelier one first; none when it is no database server."""
    image = image_name(container.image)
    if _NO_SERVER.search(image):
        return ()
    for pattern, types in _SERVERS:
        if pattern.search(image):
            return types
    if _PORTS["postgresql"] in container.ports:
        return ("postgresql",)
    if _PORTS["mysql"] in container.ports:
        is_mariadb = any(name.startswith("MARIADB_") for name in container.environment)
        return ("mariadb", "mysql") if is_mariadb else ("mysql", "mariadb")
    return ()


def image_name(image: str) -> str:
    """Return the last part of an image's name: `postgres` of `docker.io/library/postgres:16@sha256:…`."""
    return image.split("@")[0].rsplit("/", 1)[-1].split(":")[0].lower()


def server_port(container: Container, engine: str) -> int:
    """Return the port the server listens on inside its container."""
    told = container.environment.get("PGPORT" if engine == "postgresql" else "MYSQL_TCP_PORT", "")
    return int(told) if told.isdecimal() and 0 < int(told) < 65_536 else _PORTS[engine]


def credentials(
    container: Container,
    engine: str,
    read_file: ReadFile,
    *,
    username: str | None = None,
    password_variable: str | None = None,
) -> Credentials:
    """Read the container's environment as its image does; labels may name the user, and where the password is."""
    read = _Reader(container.environment, read_file)
    if engine == "postgresql":
        found = _postgresql(read)
    else:
        found = _mysql(read, ("MARIADB", "MYSQL") if engine == "mariadb" else ("MYSQL", "MARIADB"))
    if password_variable:
        secret = read.secret(password_variable)
        missing = None if secret is not None else read.why(password_variable)
        return Credentials(username or found.username, Secret(secret or ""), found.database, missing)
    if username and username != found.username:
        return Credentials(
            username, Secret(""), found.database, f"its environment holds no password of the user {username}"
        )
    return found


def _postgresql(read: _Reader) -> Credentials:
    user = read.text("POSTGRES_USER") or "postgres"
    database = read.text("POSTGRES_DB") or user
    password = read.secret("POSTGRES_PASSWORD")
    trusts = read.text("POSTGRES_HOST_AUTH_METHOD") == "trust"
    missing = None if password is not None or trusts else read.why("POSTGRES_PASSWORD")
    return Credentials(user, Secret(password or ""), database, missing)


def _mysql(read: _Reader, prefixes: tuple[str, ...]) -> Credentials:
    """Root sees everything, unless it may only come from within."""
    names = {key: [f"{prefix}_{key}" for prefix in prefixes] for key in ("USER", "PASSWORD", "DATABASE")}
    database = read.first(names["DATABASE"])
    local_root = any(read.text(f"{prefix}_ROOT_HOST") in ("localhost", "127.0.0.1") for prefix in prefixes)
    roots = [f"{prefix}_ROOT_PASSWORD" for prefix in prefixes]
    if not local_root:
        for variable in roots:
            if (password := read.secret(variable)) is not None:
                return Credentials("root", Secret(password), database)
        empty = [f"{p}_ALLOW_EMPTY_{middle}PASSWORD" for p in prefixes for middle in ("", "ROOT_")]
        if any(read.text(name).lower() in _TRUE for name in empty):
            return Credentials("root", Secret(""), database)
    user = read.first(names["USER"])
    for variable in names["PASSWORD"] if user else []:
        if (password := read.secret(variable)) is not None:
            return Credentials(user or "", Secret(password), database)
    told = [name for name in (*roots, *names["PASSWORD"]) if read.has(name)]
    return Credentials(user or "root", Secret(""), database, read.why(told[0] if told else roots[0]))


class _Reader:
    """Reads variables, and the files that their _FILE forms name."""

    def __init__(self, environment: Mapping[str, str], read_file: ReadFile) -> None:
        self._environment = environment
        self._read_file = read_file

    def has(self, name: str) -> bool:
        return bool(self._environment.get(name) or self._environment.get(f"{name}_FILE"))

    def text(self, name: str) -> str:
        return self.secret(name) or ""

    def first(self, names: list[str]) -> str | None:
        return next((value for name in names if (value := self.text(name))), None)

    def secret(self, name: str) -> str | None:
        """Return a value, None when there is none or its file cannot be read here."""
        if value := self._environment.get(name):
            return value
        path = self._environment.get(f"{name}_FILE")
        return self._read_file(path) if path else None

    def why(self, name: str) -> str:
        """Say why a value is not known."""
        if path := self._environment.get(f"{name}_FILE"):
            return f"its {name}_FILE names {path}, which cannot be read here: give this program the same secret"
        return f"its environment holds no {name}"
