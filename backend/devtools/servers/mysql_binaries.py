"""Owns the MySQL binaries: Debian sid's packages, unpacked beside the system with every library they need.

Debian's releases have no MySQL, and sid's needs a newer libc than theirs: so the server runs through the loader
of its own packages, and the client tools are told (patchelf) to use it as well. apt fetches and verifies the
packages into a state of its own; the system's packages are not touched.
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from devtools.servers.binaries import CACHE, MissingBinaryError

CLIENT_TOOLS = ("mysql", "mysqldump")

_HOME = CACHE / "mysql"
_SUITE = "sid"
_PACKAGES = ("mysql-server-core", "mysql-client-core")
_NEEDED_TOOLS = ("apt-get", "dpkg-deb", "patchelf")
_SYSTEM = Path("/")
# Everything MySQL asks at run time lies elsewhere: documentation and Perl would be half of what a copy costs.
_SUPERFLUOUS = ("doc", "man", "perl", "perl5", "locale", "lintian", "info")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def mysql_root() -> Path:
    """Return the directory below which `usr/sbin/mysqld` lies: the cache's, or `/`. Raises MissingBinaryError."""
    if _is_unpacked():
        return _HOME / "root"
    if _system_has_mysql():
        return _SYSTEM
    raise MissingBinaryError(
        "MySQL is not installed: run `uv run python -m devtools.servers mysql` in backend/ "
        "(on Ubuntu: sudo apt-get install mysql-server)"
    )


def own_loader(root: Path) -> list[Path | str]:
    """Return the words before a program that make it run with the libraries below `root`; none for `/`."""
    if root == _SYSTEM:
        return []
    (loader,) = (root / "usr/lib").glob("*-linux-gnu/ld-linux-*.so.*")
    return [loader, "--library-path", loader.parent]


def mysql_client_dirs() -> list[Path]:
    """Return the folder of the unpacked client tools, if there is one; the system's are on PATH."""
    return [_HOME / "root/usr/bin"] if _is_unpacked() else []


def install_mysql() -> Path:
    """Download and unpack unless MySQL is there already; return the folder of the client tools.

    Raises MissingBinaryError where sid's packages cannot be had, with what to do instead.
    """
    if _is_unpacked() or _system_has_mysql():
        return mysql_root() / "usr/bin"
    _check_machine()
    _HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".install-", dir=_HOME) as scratch:
        root = Path(scratch) / "root"
        _unpack(_download(Path(scratch)), root)
        for name in _SUPERFLUOUS:
            shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
        final = _HOME / "root"
        _use_own_loader(root, final)
        shutil.rmtree(final, ignore_errors=True)
        root.rename(final)
    for tool in CLIENT_TOOLS:
        _run([final / "usr/bin" / tool, "--version"])
    _stamp().write_text(str(final))
    return final / "usr/bin"


def _stamp() -> Path:
    return _HOME / "root" / ".complete"


def _is_unpacked() -> bool:
    # The tools hold the loader's absolute path: in a working tree that was moved they must be made anew.
    return _stamp().is_file() and _stamp().read_text() == str(_HOME / "root")


def _system_has_mysql() -> bool:
    server = _SYSTEM / "usr/sbin/mysqld"
    if not server.is_file():
        return False
    answer = subprocess.run([server, "--version"], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and "MariaDB" not in answer.stdout


def _check_machine() -> None:
    if not _KEYRING.is_file() or platform.machine() not in ("x86_64", "aarch64"):
        raise MissingBinaryError(
            "MySQL can only be fetched on Debian (x86-64 or arm64). On Ubuntu run: sudo apt-get install mysql-server; "
            "elsewhere install MySQL so that /usr/sbin/mysqld and /usr/bin/mysqldump are there"
        )
    missing = [tool for tool in _NEEDED_TOOLS if shutil.which(tool) is None]
    if missing:
        raise MissingBinaryError(
            f"MySQL cannot be unpacked without {', '.join(missing)}: "
            "run `sudo apt-get install -y patchelf`, then `make setup` again"
        )


def _download(scratch: Path) -> list[Path]:
    """Let apt fetch the packages and all they depend on, as if nothing were installed."""
    sources = scratch / "sources"
    for folder in ("sources", "lists/partial", "cache/archives/partial", "state"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "status").touch()
    (sources / "mysql.sources").write_text(
        f"Types: deb\nURIs: {_archive()}\nSuites: {_SUITE}\nComponents: main\nSigned-By: {_KEYRING}\n"
    )
    options = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": sources,
        "Dir::State": scratch / "state",
        "Dir::State::lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "APT::Update::Post-Invoke-Success": "",
        "APT::Sandbox::User": "root",  # apt's own user could not enter this directory
        "Debug::NoLocking": "1",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    try:
        _run([*apt, "update", "--error-on=any"])
        _run([*apt, "install", "--yes", "--no-install-recommends", "--download-only", *_PACKAGES])
    except RuntimeError as error:
        raise MissingBinaryError(
            f"MySQL's packages of Debian {_SUITE} cannot be had from {_archive()}: {error}\n"
            f"make that archive reachable (or another mirror of it in apt's sources), then run `make setup` again"
        ) from error
    return sorted((scratch / "cache/archives").glob("*.deb"))


def _archive() -> str:
    """Return the address of the Debian archive that this machine's apt uses."""
    found: list[str] = re.findall(r"'(\S+/debian)/dists/", _run(["apt-get", "update", "--print-uris"]))
    if not found:
        raise MissingBinaryError("apt's sources name no Debian archive: add one, then run `make setup` again")
    return found[0]


def _unpack(packages: Sequence[Path], root: Path) -> None:
    for folder in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / folder).mkdir(parents=True)
        (root / folder).symlink_to(f"usr/{folder}")
    for package in packages:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as archive:
            _run(["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", root], stdin=archive.stdout)
        if archive.returncode != 0:
            raise RuntimeError(f"dpkg-deb failed with {archive.returncode} on {package.name}")


def _use_own_loader(root: Path, final: Path) -> None:
    """Make the client tools run by themselves once `root` has been renamed to `final`."""
    loader = Path(own_loader(root)[0]).relative_to(root)
    for tool in CLIENT_TOOLS:
        command: list[str | Path] = ["patchelf", "--set-interpreter", final / loader]
        # RPATH, not RUNPATH: the libraries' own libraries must be found there as well.
        command += ["--force-rpath", "--set-rpath", f"$ORIGIN/../lib/{loader.parent.name}"]
        _run([*command, root / "usr/bin" / tool])


def _run(command: Sequence[str | Path], *, stdin: IO[bytes] | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
