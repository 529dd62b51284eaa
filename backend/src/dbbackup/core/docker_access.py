"""Where and how a Docker engine is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DockerTls:
    """Whom to trust, and the certificate to come with; files in PEM."""

    ca: Path
    certificate: Path
    key: Path

    @classmethod
    def below(cls, folder: Path) -> DockerTls:
        """Return the files by the names that Docker's own client gives them."""
        return cls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


@dataclass(frozen=True, slots=True)
class DockerAccess:
    """The engine, or a proxy before it: `unix:///path` or `tcp://host:port`."""

    host: str
    tls: DockerTls | None = None
