"""What the program was told from outside: one frozen object that is handed down, never a global."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.docker_access import DockerAccess, DockerTls
from dbbackup.core.live_settings import Value
from dbbackup.core.secret import Secret

DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class S3Environment:
    """The default S3 config as the S3_* variables describe it."""

    bucket: str
    region: str
    access_key: Secret
    secret_key: Secret
    endpoint: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program was told from outside. Paths are absolute; times in seconds."""

    encryption_key: Secret
    storage_path: Path
    database_path: Path
    """The catalogue, unless it lies on a server; the worker's socket is beside it in either case."""
    database_url: CatalogueUrl | None = None
    """The catalogue on a PostgreSQL server."""
    host: str = "127.0.0.1"
    port: int = 3000
    socket_path: Path | None = None
    """A Unix socket to listen on, in place of `host` and `port`."""
    timezone: str = "UTC"
    log_level: str = "info"
    log_format: str = "text"
    s3: S3Environment | None = None
    allowed_origins: tuple[str, ...] = ()
    client_dirs: tuple[Path, ...] = ()
    static_dir: Path | None = None
    temp_path: Path | None = None
    """Where runs keep what they must spool, in place of a folder beside the backups."""
    fixed: Mapping[str, Value] = field(default_factory=dict)
    """Live settings that the environment sets, by their keys: the page shows them locked."""
    filed: Mapping[str, Value] = field(default_factory=dict)
    """Live settings that the configuration file sets, by their keys: weaker than the page."""
    stop_grace: float = 30.0
    secure_delete: bool = False
    """Overwrite local files before they are deleted."""
    auth_mode: str = "local"
    """`local`: people sign in; `none`: whoever reaches the port may do everything."""
    admin_username: str = ""
    """The first administrator, made at the first start."""
    admin_password: Secret = field(default_factory=lambda: Secret(""))
    oidc_client_secret: Secret = field(default_factory=lambda: Secret(""))
    """Never kept: who signs people in is worth more than what the catalogue seals."""
    oidc_ca_file: Path | None = None
    """Authorities that the OpenID provider's certificate may come from, beside the system's."""
    ldap_bind_password: Secret = field(default_factory=lambda: Secret(""))
    ldap_ca_file: Path | None = None
    audit_forward_token: Secret = field(default_factory=lambda: Secret(""))
    """For the web server that takes the audit log."""
    audit_forward_ca_file: Path | None = None
    docker_host: str = DEFAULT_DOCKER_HOST
    """Where the Docker engine, or a socket proxy before it, is asked for containers."""
    docker_tls: DockerTls | None = None
    """How a Docker engine at a `tcp://` address is trusted, and trusts us; None: it is asked in the clear."""
    secret_files: tuple[Path, ...] = ()
    """Files our own secrets came from: no container's environment may have them read and sent to it."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose word on where a request comes from is taken; whoever comes by the Unix socket is believed."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine, or only who shares the socket's folder, can connect."""
        return self.socket_path is not None or ip_address(self.host).is_loopback

    @property
    def catalogue(self) -> Path | CatalogueUrl:
        """Where the catalogue lies."""
        return self.database_url or self.database_path

    @property
    def database_secrets(self) -> list[Secret]:
        """What the log has to mask of DATABASE_URL: the password, as it is and as a URL writes it."""
        password = self.database_url.password if self.database_url else Secret("")
        return [password, Secret(quote(password.reveal(), safe=""))]

    @property
    def worker_socket(self) -> Path:
        """Where `dbbackup worker` listens for the other commands unless SOCKET_PATH says otherwise."""
        return self.database_path.with_name(self.database_path.name + ".sock")

    @property
    def docker(self) -> DockerAccess:
        """Where and how the Docker engine is asked."""
        return DockerAccess(self.docker_host, self.docker_tls)

    @property
    def work_path(self) -> Path:
        """What runs must spool, and their private folders."""
        if self.temp_path is None:
            return self.storage_path / ".work"
        # Emptied at each start, so no two instances may share it.
        instance = hashlib.sha256(os.fsencode(str(self.catalogue))).hexdigest()[:12]
        return self.temp_path / f"dbbackup-{instance}"

    @property
    def uploads_path(self) -> Path:
        """Files uploaded for a restore; they outlive a restart, unlike everything else in the work folder."""
        return self.work_path / "uploads"
