"""Owns what lies in a MySQL or MariaDB test server's directory: data from a template, option files, certificates."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.servers.accounts import Account, blocked_at, give, temporary_directory
from devtools.servers.binaries import CACHE
from devtools.servers.children import ServerStartError
from devtools.servers.tls import make_server_tls

HOST = "127.0.0.1"
FIRST_STATEMENTS = "first.sql"


@dataclass(frozen=True, kw_only=True)
class Programs:
    """One flavour's programs: the server's command, the options it needs, and the command that makes new data."""

    version: str
    bin_dir: Path
    server: Sequence[str | Path]
    options: Sequence[str]
    initialise: Sequence[str | Path]
    first_statements: Sequence[str] = ()


def version_of(command: Sequence[str | Path]) -> str:
    """Return the version such as `10.11.19` that a server's `--version` names. Raises RuntimeError."""
    answer = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"Ver (\d+\.\d+\.\d+)", answer.stdout)
    if found is None:
        raise RuntimeError(f"{command[-1]} does not run here: {answer.stderr.strip()}")
    return found[1]


def make_home(data_dir: Path | None, engine: str, account: Account | None) -> Path:
    """Return the directory, made where it is missing; refuse one the account cannot reach."""
    if data_dir is None:
        return temporary_directory(f"dbbackup-{engine}-", account)
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


def fill(home: Path, engine: str, programs: Programs, password: str, account: Account | None) -> None:
    """Copy the template and leave the statements for the first start, which make `root` and its password."""
    _write_private(home / "password", password, account)
    literal = "'" + password.replace("\\", "\\\\").replace("'", "''") + "'"
    # From any address: the name of the loopback is not resolved, and containers have such a root as well.
    statements = (
        *programs.first_statements,
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY {literal};",
        f"CREATE USER 'root'@'%' IDENTIFIED BY {literal};",
        "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;",
    )
    _write_private(home / FIRST_STATEMENTS, "\n".join(statements) + "\n", account)
    data = home / "data"
    shutil.copytree(_template(engine, programs), data)
    for path in (data, *data.rglob("*")):
        give(path, account)


def write_client_file(home: Path, port: int) -> None:
    """Write what signs the client tools in."""
    password = (home / "password").read_text().replace("\\", "\\\\")
    where = f"host={HOST}\nport={port}\nprotocol=tcp\nuser=root\n"
    _write_private(
        home / "client.cnf", f'[client]\n{where}password="{password}"\ndefault-character-set=utf8mb4\n', None
    )


def write_tls(home: Path, account: Account | None) -> dict[str, str]:
    """Make an authority and a certificate; return the settings that name them."""
    tls = make_server_tls()
    for name, text in (("ca.pem", tls.ca_pem), ("server.crt", tls.certificate_pem), ("server.key", tls.key_pem)):
        _write_private(home / name, text, account)
    return {"ssl_ca": str(home / "ca.pem"), "ssl_cert": str(home / "server.crt"), "ssl_key": str(home / "server.key")}


def write_options(home: Path, settings: Mapping[str, str | None], account: Account | None) -> None:
    """Write the server's option file; a setting without a value is a switch."""
    # A socket's path is bounded by the kernel; a relative one lies in the data directory, however deep that is.
    fixed = {"datadir": str(home / "data"), "bind_address": HOST, "socket": "server.sock", "pid_file": "server.pid"}
    # Its own: at its start a server deletes the temporary tables it finds, a running neighbour's among them.
    temporary = home / "tmp"
    temporary.mkdir(mode=0o700, exist_ok=True)
    give(temporary, account)
    fixed["tmpdir"] = str(temporary)
    lines = [f"{name}\n" if value is None else f"{name}={value}\n" for name, value in {**fixed, **settings}.items()]
    _write_private(home / "server.cnf", "[mysqld]\n" + "".join(lines), account)


def _template(engine: str, programs: Programs) -> Path:
    """Return initialised data without a password, made once: initialising takes seconds, a copy a tenth of one."""
    kept = CACHE / engine / f"template-{programs.version}"
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".template-", dir=kept.parent) as scratch:
        made = Path(scratch) / "data"
        command = [*programs.initialise, f"--datadir={made}"]
        command += ["--user=root"] if os.geteuid() == 0 else []
        # Its own, as a running server's: several processes that initialise at once would delete each other's tables.
        temporary = {**os.environ, "TMPDIR": scratch}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=temporary)
        if done.returncode != 0:
            raise ServerStartError(f"initialising failed with {done.returncode}:\n{done.stdout}{done.stderr}")
        # Two servers with one UUID could never replicate from each other.
        (made / "auto.cnf").unlink(missing_ok=True)
        try:
            made.rename(kept)
        except OSError:  # another process was quicker
            if not kept.exists():
                raise
    return kept


def _write_private(path: Path, text: str, account: Account | None) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
    give(path, account)
