"""Fetches a Docker engine for the image tests into the cache and makes the base image they build on.

The engine is Debian's own, unpacked and not installed: no service is started, no group made. Only what it needs
from the system (`PACKAGES`) is installed, by devtools/setup.sh. Run `python -m devtools.docker_tools` to fetch it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from devtools.servers.binaries import CACHE, MissingBinaryError

PACKAGES = ("iptables", "mmdebstrap", "runc")
HOME = CACHE / "docker"
# Bookworm's own engine has no compose 2; these need no newer C library than bookworm's.
_SUITE = "trixie"
_ENGINE = ("containerd", "docker-buildx", "docker-cli", "docker-compose", "docker.io")
_UNPACKED = ("usr/bin/*", "usr/sbin/*", "usr/libexec/docker/cli-plugins/*")
_BASE_SUITE = "bookworm"
# Python for the API, the libraries of the cached PostgreSQL for the database; nginx comes with the web image itself.
_BASE_PACKAGES = "ca-certificates,libgssapi-krb5-2,libreadline8,libxml2,python3,python3-venv"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
TRUSTED = "/etc/ssl/machine.crt"
"""What the machine trusts, in the base image: a proxy's authority may be among them, which Debian's own list lacks."""
_MEMORY = Path("/dev/shm")


def binaries() -> list[Path]:
    """Return the folders for PATH. Raises MissingBinaryError when the engine was not fetched."""
    if not _is_complete():
        raise MissingBinaryError("The Docker engine of the tests is missing: run `backend/devtools/setup.sh docker`")
    return [HOME / "root" / "usr" / "bin", HOME / "root" / "usr" / "sbin"]


def plugins() -> Path:
    """Return the folder of the client's plug-ins: compose and buildx."""
    return HOME / "root" / "usr" / "libexec" / "docker" / "cli-plugins"


def install_engine() -> None:
    """Download the engine's packages from the machine's own Debian mirror and unpack them, unless that was done."""
    root = HOME / "root"
    if _is_complete():
        return
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="dbbackup-docker-") as scratch:
        for package in _download(Path(scratch)):
            _unpack(package, root)
    (root / ".complete").write_text(_wanted())


def base_image() -> Path:
    """Return a tar of a small Debian with Python and Node.js, made when it is not in the cache."""
    made = HOME / f"base-{_base_version()}.tar"
    if not made.is_file():
        for old in HOME.glob("base-*"):
            old.unlink()
        partial = made.with_suffix(".partial")
        _bootstrap(partial)
        _add_to(partial)
        partial.rename(made)
    return made


def scratch_parent(room: int) -> Path:
    """Return a folder for many small files that are soon gone: in memory, where twice `room` bytes of it are free."""
    if _MEMORY.is_dir() and min(shutil.disk_usage(_MEMORY).free, _memory_available()) > 2 * room:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _memory_available() -> int:
    (line,) = [text for text in Path("/proc/meminfo").read_text().splitlines() if text.startswith("MemAvailable:")]
    return int(line.split()[1]) * 1024


def _wanted() -> str:
    return " ".join([_SUITE, *_ENGINE, *_UNPACKED])


def _is_complete() -> bool:
    stamp = HOME / "root" / ".complete"
    return stamp.is_file() and stamp.read_text() == _wanted()


def _download(scratch: Path) -> list[Path]:
    """Use apt with a state of its own, so that the machine's sources and lists stay as they are."""
    for folder in ("parts", "lists/partial", "archives/partial"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "status").touch()
    (scratch / "parts" / "engine.list").write_text(f"deb {_mirror()} {_SUITE} main\n")
    config = scratch / "apt.conf"
    config.write_text(
        f'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "{scratch}/parts";\n'
        f'Dir::State "{scratch}";\nDir::State::status "{scratch}/status";\nDir::Cache "{scratch}";\n'
        'Acquire::Languages "none";\nAPT::Sandbox::User "root";\n'
    )
    environment = {**os.environ, "APT_CONFIG": str(config)}
    _run("apt-get", "update", "-qq", env=environment)
    _run("apt-get", "download", "-qq", *_ENGINE, env=environment, cwd=scratch)
    return sorted(scratch.glob("*.deb"))


def _unpack(package: Path, root: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as content:
        assert content.stdout is not None
        with tarfile.open(fileobj=content.stdout, mode="r|") as archive:
            wanted = (m for m in archive if m.isfile() and any(Path(m.name).match(p) for p in _UNPACKED))
            # Python before 3.11.4, as in Debian 12, has no filters; the packages are Debian's, checked by apt.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(root, members=wanted)
    if content.returncode != 0:
        raise RuntimeError(f"{package.name} cannot be unpacked (dpkg-deb ended with {content.returncode})")


def _mirror() -> str:
    """Return the address the machine itself gets Debian's packages from."""
    shape = "$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)"
    for line in _run("apt-get", "indextargets", "--format", shape, "Identifier: Packages").splitlines():
        origin, component, release, address = line.split(" ", 3)
        if (origin, component) == ("Debian", "main") and "-" not in release:
            return address
    raise MissingBinaryError("apt knows no source of Debian's main packages; the image tests need Debian")


def _bootstrap(into: Path) -> None:
    _run(
        "mmdebstrap",
        "--variant=apt",
        f"--include={_BASE_PACKAGES}",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude=/usr/share/{unread}/*" for unread in ("doc", "man", "locale")),
        "--format=tar",
        _BASE_SUITE,
        str(into),
        f"deb {_mirror()} {_BASE_SUITE} main",
        env={**os.environ, "TMPDIR": str(scratch_parent(2 << 30))},
    )


def _add_to(base: Path) -> None:
    """Add what the machine has already: Node.js, and the certificates it trusts."""
    node = Path(_run("node", "-p", "process.execPath").strip())
    npm = Path(_run("npm", "root", "--global").strip()) / "npm"
    with tarfile.open(base, "a") as archive:
        archive.add(node.resolve(), "usr/local/bin/node")
        archive.add(npm.resolve(), "usr/local/lib/node_modules/npm")
        for tool in ("npm", "npx"):
            link = tarfile.TarInfo(f"usr/local/bin/{tool}")
            link.type, link.linkname = tarfile.SYMTYPE, f"../lib/node_modules/npm/bin/{tool}-cli.js"
            archive.addfile(link)
        if _CERTIFICATES.is_file():
            archive.add(_CERTIFICATES.resolve(), TRUSTED.lstrip("/"))


def _base_version() -> str:
    """Return what decides the content. That Debian's packages grow old in the cache does no harm here."""
    digest = hashlib.sha256(f"{_BASE_SUITE} {_BASE_PACKAGES} {TRUSTED}".encode())
    digest.update(_run("node", "--version").encode())
    digest.update(_CERTIFICATES.read_bytes() if _CERTIFICATES.is_file() else b"")
    return digest.hexdigest()[:16]


def _run(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:3])} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    install_engine()
