"""Owns a Docker engine for tests: private, on a socket of its own, and gone without a trace afterwards.

    with DockerEngine.start() as engine:
        engine.docker("ps")

It needs root on Debian. No image can be asked of a registry here: they are built on `docker_tools.base_image`.
"""

from __future__ import annotations

import atexit
import os
import platform
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from devtools import docker_tools
from devtools.servers.children import Child, spawn
from devtools.servers.ports import free_port
from devtools.servers.tls import make_server_tls

_START_PATIENCE = 60.0
_STOP_PATIENCE = 60.0
_ROOM = 4 << 30  # both images with what they are built from
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


class DockerError(RuntimeError):
    """A command of Docker failed; the message holds the end of what it said."""


def unsuitable() -> str | None:
    """Tell why no engine can be started on this machine at all, None where it can (or could, after the set-up)."""
    if os.geteuid() != 0:
        return "a Docker engine of its own needs root: run as root, or build the images with your own engine"
    if platform.freedesktop_os_release().get("ID") != "debian":
        return "the private Docker engine is made of Debian's packages: this machine runs something else"
    return None


@dataclass(eq=False, kw_only=True)
class DockerEngine:
    """A running engine; make one with `start`, use it as a context manager."""

    home: Path
    port: int
    """On 127.0.0.1 it wants TLS, and a certificate of who asks: as Docker's guide has it. `certificates` has both."""
    _child: Child = field(repr=False)
    _rules: str = field(repr=False)
    _forwarding: str = field(repr=False)

    @classmethod
    def start(cls) -> Self:
        """Start an engine on empty data. Raises MissingBinaryError or ServerStartError."""
        path = _path()
        home = Path(tempfile.mkdtemp(prefix="dbbackup-docker-", dir=docker_tools.scratch_parent(_ROOM)))
        (home / "config").mkdir()
        (home / "config" / "cli-plugins").symlink_to(docker_tools.plugins())
        rules, forwarding, port = _run("iptables-save"), _FORWARDING.read_text(), free_port()
        write_certificates(home / "tls")
        child = spawn(
            ["dockerd", *_options(home, port)],
            log=home / "dockerd.log",
            cwd=home,
            env={**os.environ, "PATH": path},
            death_signal="TERM",
        )
        engine = cls(home=home, port=port, _child=child, _rules=rules, _forwarding=forwarding)
        atexit.register(engine.stop)
        try:
            child.wait_until(engine._answers, _START_PATIENCE, "The Docker engine")
        except BaseException:
            engine.stop()
            raise
        return engine

    @property
    def certificates(self) -> Path:
        """The folder with ca.pem, cert.pem and key.pem of a client that it trusts."""
        return self.home / "tls"

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which `docker` speaks to this engine, without what the caller's own holds of Docker."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "COMPOSE_"))}
        return {
            **kept,
            "PATH": _path(),
            "DOCKER_HOST": f"unix://{self.home}/docker.sock",
            "DOCKER_CONFIG": str(self.home / "config"),
            "BUILDKIT_PROGRESS": "plain",
        }

    def docker(
        self, *arguments: str | Path, environment: Mapping[str, str] | None = None, patience: float = 300
    ) -> str:
        """Run `docker` and return its output. Raises DockerError with the end of what it said."""
        done = subprocess.run(
            ["docker", *map(str, arguments)],
            env={**self.environment, **(environment or {})},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
            raise DockerError(f"docker {arguments[0]} ended with {done.returncode}:\n{said}")
        return done.stdout

    def import_base(self, name: str) -> None:
        """Make `docker_tools.base_image` an image, one whose programs trust what this machine trusts."""
        trusted = " ".join(
            f"{variable}={docker_tools.TRUSTED}" for variable in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
        )
        self.docker("import", "--change", f"ENV {trusted}", docker_tools.base_image(), name)

    def build(self, dockerfile: Path, context: Path, tag: str, **arguments: str) -> None:
        """Build an image; `arguments` are its build arguments. Raises DockerError with the end of the build's log."""
        given = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        # On the machine's own network: this engine has no default bridge, so that it can't meet another engine's.
        self.docker("build", "--network", "host", "--file", dockerfile, "--tag", tag, *given, context, patience=600)

    def stop(self) -> None:
        """End every container and the engine, and put the machine's network back. May be called again."""
        atexit.unregister(self.stop)
        if not self.home.exists():
            return
        try:
            if self._child.running and self._answers():
                self._remove_containers()
        finally:
            self._child.stop(signal.SIGTERM, _STOP_PATIENCE)
            # Rules of another engine that was here before are not ours to undo.
            if "DOCKER" not in self._rules:
                _restore(self._rules)
                _FORWARDING.write_text(self._forwarding)
        shutil.rmtree(self.home)

    def _remove_containers(self) -> None:
        if containers := self.docker("ps", "--all", "--quiet").split():
            self.docker("rm", "--force", "--volumes", *containers)
        self.docker("network", "prune", "--force")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            self.docker("version", patience=10)
        except (DockerError, subprocess.TimeoutExpired):
            return False
        return True


def write_certificates(folder: Path) -> None:
    """Write what a client comes with to an engine with this folder's own authority; good for the engine itself, too."""
    folder.mkdir(parents=True)
    made = make_server_tls()
    for name, text in (("ca.pem", made.ca_pem), ("cert.pem", made.certificate_pem), ("key.pem", made.key_pem)):
        (folder / name).touch(0o600)
        (folder / name).write_text(text)


def _options(home: Path, port: int) -> list[str]:
    subnet = random.SystemRandom().randrange(200, 250)
    return [
        f"--host=unix://{home}/docker.sock",
        f"--host=tcp://127.0.0.1:{port}",
        "--tlsverify",
        *(f"--tls{name}={home}/tls/{file}.pem" for name, file in (("cacert", "ca"), ("cert", "cert"), ("key", "key"))),
        f"--data-root={home}/data",
        f"--exec-root={home}/exec",
        f"--pidfile={home}/dockerd.pid",
        "--bridge=none",
        f"--default-address-pool=base=10.{subnet}.0.0/16,size=24",
    ]


def _path() -> str:
    folders = [str(folder) for folder in docker_tools.binaries()]
    # iptables and runc lie where only root's PATH leads.
    return ":".join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _restore(rules: str) -> None:
    """Set the packet filter to what `iptables-save` had printed, which leaves out tables without rules."""
    for table, policy in (("filter", ":FORWARD ACCEPT [0:0]\n"), ("nat", "")):
        if f"*{table}\n" not in rules:
            rules += f"*{table}\n{policy}COMMIT\n"
    subprocess.run(["iptables-restore"], env={**os.environ, "PATH": _path()}, input=rules, text=True, check=True)


def _run(*command: str) -> str:
    environment = {**os.environ, "PATH": _path()}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
