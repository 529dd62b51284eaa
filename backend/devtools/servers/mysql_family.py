"""Owns what MySQL and MariaDB test servers share: data from a template, start, kill, restart, statements."""

import atexit
import secrets
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from devtools.servers.accounts import Account, server_account
from devtools.servers.children import Child, ServerStartError, spawn
from devtools.servers.mysql_home import (
    FIRST_STATEMENTS,
    HOST,
    Programs,
    fill,
    make_home,
    write_client_file,
    write_options,
    write_tls,
)
from devtools.servers.ports import free_port

_ATTEMPTS = 3
_START_PATIENCE = 180.0
_STOP_PATIENCE = 30.0

# A test server may lose its data in a power cut: syncing would only cost time.
_FAST = {
    "innodb_flush_log_at_trx_commit": "0",
    "innodb_flush_method": "nosync",
    "innodb_doublewrite": "OFF",
    "innodb_buffer_pool_size": "64M",
    "innodb_buffer_pool_dump_at_shutdown": "OFF",
    "innodb_buffer_pool_load_at_startup": "OFF",
    "performance_schema": "OFF",
    "max_connections": "60",
    "skip_name_resolve": "ON",
    "default_time_zone": "+00:00",
}


@dataclass(eq=False, kw_only=True)
class MysqlFamilyServer(ABC):
    """A running server; make one with `start`, use it as a context manager.

    The superuser may come from any address. `bin_dir` is the folder of the client tools, `client_file` a
    private option file that signs them in (`--defaults-file=…`, always the first argument).
    """

    title: ClassVar[str]
    engine: ClassVar[str]
    client: ClassVar[str]
    dump_tool: ClassVar[str]
    more_settings: ClassVar[Mapping[str, str]] = {}

    version: str
    host: str
    port: int
    superuser: str
    password: str
    bin_dir: Path
    data_dir: Path
    ca_pem: str | None
    client_file: Path
    _programs: Programs = field(repr=False)
    _child: Child = field(repr=False)
    _account: Account | None = field(repr=False)
    _is_temporary: bool = field(repr=False)

    @classmethod
    @abstractmethod
    def programs(cls, account: Account | None) -> Programs:
        """Find the programs, the server's where `account` can reach them. Raises MissingBinaryError."""

    @classmethod
    def start(
        cls,
        *,
        data_dir: Path | None = None,
        port: int | None = None,
        password: str | None = None,
        ssl: bool = False,
        settings: Mapping[str, str | None] | None = None,
    ) -> Self:
        """Start a server on a free port of 127.0.0.1.

        Without `data_dir` a temporary one is made, and removed by `stop`. One that holds a server's data
        already is started as it is, with the password it was made with. As root the server runs as another
        user, who must be able to reach `data_dir` (below pytest's `tmp_path` it is not: leave it out).
        `settings` are lines of the option file (None: a switch); the binary log is off unless `log_bin` is
        named. With `ssl` the certificate is signed by the authority in `ca_pem`.
        Raises MissingBinaryError or ServerStartError.
        """
        account = server_account()
        programs = cls.programs(account)
        home = make_home(data_dir, cls.engine, account)
        try:
            is_new = not (home / "data").exists()
            if is_new:
                fill(home, cls.engine, programs, password or secrets.token_urlsafe(18), account)
            tls = write_tls(home, account) if ssl else {}
            binlog = {} if "log_bin" in (settings or {}) else {"skip_log_bin": None}
            write_options(home, {**_FAST, **cls.more_settings, **binlog, **tls, **(settings or {})}, account)
            child, port = _launch(cls, programs, home, port, account, is_new)
        except BaseException:
            if data_dir is None:
                shutil.rmtree(home, ignore_errors=True)
            raise
        server = cls(
            version=programs.version,
            host=HOST,
            port=port,
            superuser="root",
            password=(home / "password").read_text(),
            bin_dir=programs.bin_dir,
            data_dir=home,
            ca_pem=(home / "ca.pem").read_text() if ssl else None,
            client_file=home / "client.cnf",
            _programs=programs,
            _child=child,
            _account=account,
            _is_temporary=data_dir is None,
        )
        atexit.register(server.stop)
        return server

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._child.pid

    @property
    def log(self) -> Path:
        """The file that holds what the server said."""
        return self._child.log

    def sql(self, statements: str, *, database: str | None = None) -> str:
        """Run statements as superuser, stop at the first error (RuntimeError); return rows, tabs between cells.

        NULL is printed as `NULL`; bytes that are no UTF-8 come as backslash escapes.
        """
        command: list[str | Path] = [
            self.bin_dir / self.client,
            f"--defaults-file={self.client_file}",
            "--batch",
            "--raw",
        ]
        # `--database=` because a name may begin with a dash.
        command += ["--skip-column-names", *([] if database is None else [f"--database={database}"])]
        done = subprocess.run(command, input=statements.encode(), capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.client} ended with {done.returncode}: {done.stderr.decode().strip()}")
        return done.stdout.decode(errors="backslashreplace").rstrip("\n")

    def stop(self) -> None:
        """End the server and remove a temporary data directory; one that stays is closed in order. May be repeated."""
        if self._is_temporary:
            self._child.kill()
        self._child.stop(signal.SIGTERM, _STOP_PATIENCE)
        atexit.unregister(self.stop)
        if self._is_temporary:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL the server, as if the machine lost power; the data stays for `restart`."""
        self._child.kill()

    def restart(self) -> None:
        """Start again on the same port and data, after ending what still runs."""
        self._child.stop(signal.SIGTERM, _STOP_PATIENCE)
        self._child, _ = _launch(type(self), self._programs, self.data_dir, self.port, self._account, is_new=False)
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _launch(
    kind: type[MysqlFamilyServer],
    programs: Programs,
    home: Path,
    port: int | None,
    account: Account | None,
    is_new: bool,
) -> tuple[Child, int]:
    """Start the server; on a port of our own choice try another when somebody was quicker to take it."""
    command = [*programs.server, f"--defaults-file={home / 'server.cnf'}", *programs.options]
    first = [f"--init-file={home / FIRST_STATEMENTS}"] if is_new else []
    client: list[str | Path] = [
        programs.bin_dir / kind.client,
        f"--defaults-file={home / 'client.cnf'}",
        "--execute=SELECT 1",
    ]
    for attempt in range(_ATTEMPTS):
        chosen = port or free_port()
        write_client_file(home, chosen)
        child = spawn([*command, f"--port={chosen}", *first], log=home / "server.log", cwd=home, account=account)
        try:
            child.wait_until(
                lambda: subprocess.run(client, capture_output=True, check=False).returncode == 0,
                _START_PATIENCE,
                kind.title,
            )
        except ServerStartError as error:
            child.kill()
            if port is not None or attempt + 1 == _ATTEMPTS or "bind" not in str(error).lower():
                raise
        else:
            (home / FIRST_STATEMENTS).unlink(missing_ok=True)
            return child, chosen
    raise AssertionError("unreachable")
