"""Owns a real PostgreSQL server for tests: made, started, stopped, killed and restarted at will."""

import atexit
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

from devtools.servers.accounts import (
    Account,
    blocked_at,
    give,
    reachable_copy,
    server_account,
    temporary_directory,
)
from devtools.servers.binaries import postgresql_bin_dir
from devtools.servers.children import Child, ServerStartError, spawn
from devtools.servers.ports import free_port
from devtools.servers.tls import make_server_tls

_HOST = "127.0.0.1"
_ATTEMPTS = 3
_START_PATIENCE = 180.0
_UNIX_PATH_LIMIT = 107

# A test server may lose its data in a power cut: syncing would only cost time.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(eq=False, kw_only=True)
class PostgresServer:
    """A running server; make one with `start`, use it as a context manager. The password is scram's."""

    major: int
    host: str
    port: int
    superuser: str
    password: str
    bin_dir: Path
    data_dir: Path
    ca_pem: str | None
    _child: Child = field(repr=False)
    _account: Account | None = field(repr=False)
    _is_temporary: bool = field(repr=False)

    @classmethod
    def start(
        cls,
        major: int = 15,
        *,
        data_dir: Path | None = None,
        port: int | None = None,
        password: str | None = None,
        ssl: bool = False,
        locale: str = "C.UTF-8",
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Start a server of this major on a free port of 127.0.0.1.

        Without `data_dir` a temporary one is made, and removed by `stop`. One that holds a cluster already
        is started as it is, with the password it was made with. As root the server runs as another user,
        who must be able to reach `data_dir` (below pytest's `tmp_path` it is not: leave it out). `settings`
        are lines of postgresql.conf. Raises MissingBinaryError or ServerStartError.
        """
        bin_dir, account = postgresql_bin_dir(major), server_account()
        home = _make_home(data_dir, account)
        runnable = reachable_copy(bin_dir.parent, account) / "bin"
        try:
            if not (home / "pgdata" / "PG_VERSION").exists():
                _initialise(runnable, home, password or secrets.token_urlsafe(18), locale, account)
            tls = _write_tls(home, account) if ssl else {}
            _write_settings(home, {**_FAST, **_socket_setting(home), **tls, **(settings or {})})
            child, port = _launch(runnable, home, port, account)
        except BaseException:
            if data_dir is None:
                shutil.rmtree(home, ignore_errors=True)
            raise
        server = cls(
            major=major,
            host=_HOST,
            port=port,
            superuser="postgres",
            password=(home / "password").read_text(),
            bin_dir=bin_dir,
            data_dir=home,
            ca_pem=(home / "ca.pem").read_text() if ssl else None,
            _child=child,
            _account=account,
            _is_temporary=data_dir is None,
        )
        atexit.register(server.stop)
        return server

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._child.pid

    @property
    def log(self) -> Path:
        """The file that holds what the server said."""
        return self._child.log

    def dsn(self, database: str = "postgres") -> str:
        """Return a libpq URL with the superuser's password in it."""
        return f"postgresql://{self.superuser}:{self.password}@{self.host}:{self.port}/{database}"

    def env(self, database: str = "postgres") -> dict[str, str]:
        """Return this process's environment with PGHOST and so on set, for the client tools."""
        named = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.superuser}
        return {**os.environ, **named, "PGPASSWORD": self.password, "PGDATABASE": database}

    def psql(self, sql: str, *, database: str = "postgres") -> str:
        """Run statements as superuser, stop at the first error (RuntimeError); return unaligned rows."""
        command = [str(self.bin_dir / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(command, input=sql, env=self.env(database), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def stop(self) -> None:
        """Shut down at once but in order, and remove a temporary data directory. May be called again."""
        self._child.stop(signal.SIGINT)
        atexit.unregister(self.stop)
        if self._is_temporary:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL the server and its backends, as if the machine lost power; the data stays for `restart`."""
        self._child.kill()

    def restart(self) -> None:
        """Start again on the same port and data, after ending what still runs."""
        self._child.stop(signal.SIGINT)
        runnable = reachable_copy(self.bin_dir.parent, self._account) / "bin"
        self._child, _ = _launch(runnable, self.data_dir, self.port, self._account)
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _make_home(data_dir: Path | None, account: Account | None) -> Path:
    if data_dir is None:
        return temporary_directory("dbbackup-postgresql-", account)
    home = data_dir.absolute()
    if not home.exists():
        home.mkdir(parents=True, mode=0o700)
        give(home, account)
    blocking = blocked_at(home, account)
    if blocking is not None and account is not None:
        raise ServerStartError(
            f"running as root, the server runs as user {account.name}, who may not enter {blocking}: "
            "leave data_dir out, or choose one below a directory open to all"
        )
    return home


def _initialise(bin_dir: Path, home: Path, password: str, locale: str, account: Account | None) -> None:
    password_file = home / "password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    give(password_file, account)
    command: list[str | Path] = [bin_dir / "initdb", "-D", home / "pgdata", "--username=postgres"]
    command += [f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", f"--locale={locale}"]
    done = subprocess.run(
        [*command, "--no-sync"],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )
    if done.returncode != 0:
        raise ServerStartError(f"initdb failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    with (home / "pgdata" / "postgresql.conf").open("a") as conf:
        conf.write("include = '../settings.conf'\n")


def _socket_setting(home: Path) -> dict[str, str]:
    # The kernel bounds a socket's path; a longer one makes the server refuse to start.
    fits = len(str(home / ".s.PGSQL.65535")) <= _UNIX_PATH_LIMIT
    return {"unix_socket_directories": str(home) if fits else ""}


def _write_tls(home: Path, account: Account | None) -> dict[str, str]:
    tls = make_server_tls()
    for name, text in (("ca.pem", tls.ca_pem), ("server.crt", tls.certificate_pem), ("server.key", tls.key_pem)):
        (home / name).write_text(text)
        (home / name).chmod(0o600)
        give(home / name, account)
    return {"ssl": "on", "ssl_cert_file": str(home / "server.crt"), "ssl_key_file": str(home / "server.key")}


def _write_settings(home: Path, settings: Mapping[str, str]) -> None:
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    (home / "settings.conf").write_text("".join(lines))


def _launch(bin_dir: Path, home: Path, port: int | None, account: Account | None) -> tuple[Child, int]:
    """Start the server; on a port of our own choice try another when somebody was quicker to take it."""
    for attempt in range(_ATTEMPTS):
        chosen = port or free_port()
        # Immediate shutdown (QUIT), not KILL, on our death: it leaves no shared memory behind.
        child = spawn(
            [bin_dir / "postgres", "-D", home / "pgdata", "-h", _HOST, "-p", str(chosen)],
            log=home / "server.log",
            cwd=home,
            account=account,
            death_signal="QUIT",
        )
        password = (home / "password").read_text()
        try:
            child.wait_until(lambda: _answers(chosen, password), _START_PATIENCE, "PostgreSQL")  # noqa: B023
        except ServerStartError as error:
            child.kill()
            if port is not None or attempt + 1 == _ATTEMPTS or "could not bind" not in str(error):
                raise
        else:
            return child, chosen
    raise AssertionError("unreachable")


def _answers(port: int, password: str) -> bool:
    try:
        psycopg.connect(
            host=_HOST, port=port, user="postgres", password=password, dbname="postgres", connect_timeout=5
        ).close()
    except psycopg.OperationalError:
        return False
    return True
