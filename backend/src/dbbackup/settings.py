"""Reads the environment into one frozen object that is handed down, never a global."""

from __future__ import annotations

import hashlib
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from dbbackup.config_file import DEFAULT_PATH, VARIABLES, read_config
from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.docker_access import DockerAccess, DockerTls
from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.core.live_settings import Spec, Value, build, specs
from dbbackup.core.secret import Secret

AUTH_MODES = ("local", "none")
LOG_LEVELS = ("debug", "info", "warning", "error")
MIN_KEY_LENGTH = 32
DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"
_MAX_PORT = 65535
_MAX_SOCKET_PATH = 107  # what the kernel's address has room for


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


class _Reader:
    """Reads variables and collects every complaint instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[FieldError] = []
        self.secret_files: list[Path] = []
        self.file: dict[str, str] = {}
        """Variables that the configuration file sets; weaker than the environment."""

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, "").strip() or self.file.get(name, "") or default

    def secret(self, name: str) -> Secret:
        """Read NAME, or the file that NAME_FILE points to (Docker and Kubernetes secrets)."""
        direct, path = self._environ.get(name, ""), self.text(f"{name}_FILE")
        if direct and path:
            self.complain(name, f"Set either {name} or {name}_FILE, not both.")
        if not path:
            return Secret(direct)
        self.secret_files.append(Path(path))
        try:
            return Secret(Path(path).read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.complain(f"{name}_FILE", f"Cannot read {path}: {reason}.")
            return Secret("")

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not raw.isdecimal() or not low <= int(raw) <= high:
            self.complain(name, f"{name} must be a whole number from {low} to {high}, not {raw!r}.")
            return default
        return int(raw)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in allowed:
            self.complain(name, f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
            return default
        return value

    def path(self, name: str, default: str) -> Path:
        return Path(self.text(name, default)).absolute()

    def complain(self, name: str, message: str) -> None:
        self.problems.append(FieldError(name, message))


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment.

    Raises:
        ValidationError: naming every variable that is missing or wrong, all at once.
    """
    read = _Reader(environ)
    filed = _file(read)
    settings = Settings(
        encryption_key=_encryption_key(read),
        storage_path=read.path("BACKUP_STORAGE_PATH", "/app/data/backups"),
        database_path=read.path("DATABASE_PATH", "/app/data/db/app.db"),
        database_url=_database_url(read),
        host=_host(read),
        port=read.whole("PORT", 3000, 0, _MAX_PORT),
        socket_path=_socket_path(read),
        timezone=_timezone(read),
        log_level=read.choice("LOG_LEVEL", "info", LOG_LEVELS),
        log_format=read.choice("LOG_FORMAT", "text", ("text", "json")),
        s3=_s3(read),
        allowed_origins=_origins(read),
        client_dirs=tuple(Path(p) for p in read.text("CLIENT_PATH").split(":") if p),
        static_dir=_static_dir(read),
        fixed=_fixed(read),
        filed=filed,
        temp_path=read.path("TEMP_DIRECTORY", "") if read.text("TEMP_DIRECTORY") else None,
        auth_mode=read.choice("AUTH_MODE", "local", AUTH_MODES),
        admin_username=_admin_username(read),
        admin_password=read.secret("ADMIN_PASSWORD"),
        oidc_client_secret=read.secret("OIDC_CLIENT_SECRET"),
        oidc_ca_file=_ca_file(read, "OIDC_CA_FILE"),
        ldap_bind_password=read.secret("LDAP_BIND_PASSWORD"),
        ldap_ca_file=_ca_file(read, "LDAP_CA_FILE"),
        audit_forward_token=read.secret("AUDIT_FORWARD_TOKEN"),
        audit_forward_ca_file=_ca_file(read, "AUDIT_FORWARD_CA_FILE"),
        docker_host=_docker_host(read),
        docker_tls=_docker_tls(read),
        trusted_proxies=_trusted_proxies(read),
        stop_grace=float(read.whole("STOP_GRACE_SECONDS", 30, 0, 86_400)),
        secure_delete=read.choice("SECURE_DELETE", "false", ("true", "false")) == "true",
    )
    settings = replace(settings, secret_files=tuple(dict.fromkeys(read.secret_files)))
    if read.problems:
        listing = "\n".join(f"  {p.field}: {p.message}" for p in read.problems)
        raise ValidationError(f"The configuration cannot be used:\n{listing}", details=read.problems)
    return settings


def _file(read: _Reader) -> dict[str, Value]:
    """Read the configuration file, where there is one; give its variables to the reader and return the rest."""
    named = read.text("CONFIG_FILE")
    if not named and not DEFAULT_PATH.is_file():
        return {}
    try:
        values = read_config(Path(named) if named else DEFAULT_PATH)
    except ValidationError as error:
        read.problems += error.details
        return {}
    read.file = {VARIABLES[key]: str(value) for key, value in values.items() if key in VARIABLES}
    return {key: value for key, value in values.items() if key not in VARIABLES}


def _fixed(read: _Reader) -> dict[str, Value]:
    values = {}
    for spec in specs().values():
        if spec.environment and (raw := read.text(spec.environment)):
            try:
                value = _parse(spec, raw)
                build({spec.key: value})
            except ValueError:
                read.complain(spec.environment, f"{spec.environment} must be a {spec.kind}, not {raw!r}.")
            except ValidationError as error:
                read.complain(spec.environment, error.message.replace(spec.key, spec.environment))
            else:
                values[spec.key] = value
    return values


def _parse(spec: Spec, raw: str) -> Value:
    """Read a value as its kind. Raises ValueError."""
    if spec.kind == "boolean":
        return {"true": True, "false": False}.get(raw.lower(), raw)
    if spec.kind == "number":
        return int(raw) if raw.removeprefix("-").isdecimal() else float(raw)
    return raw


def load_new_key(environ: Mapping[str, str] = os.environ) -> Secret:
    """Read the key to change to. Raises ValidationError."""
    read = _Reader(environ)
    key = _encryption_key(read, "NEW_ENCRYPTION_KEY")
    if read.problems:
        raise ValidationError(f"{read.problems[0].message} Nothing was changed.", details=read.problems)
    return key


def _encryption_key(read: _Reader, name: str = "ENCRYPTION_KEY") -> Secret:
    key = read.secret(name)
    if len(key.reveal()) < MIN_KEY_LENGTH and not any(name in p.field for p in read.problems):
        state = "is missing" if not key else f"has only {len(key.reveal())} characters"
        read.complain(
            name,
            f"{name} {state}; at least {MIN_KEY_LENGTH} are needed. Make one with"
            " `openssl rand -base64 32` and keep a copy outside this machine.",
        )
    return key


def _admin_username(read: _Reader) -> str:
    name, password = read.text("ADMIN_USERNAME"), bool(read.secret("ADMIN_PASSWORD"))
    if bool(name) != password:
        missing, given = ("ADMIN_USERNAME", "ADMIN_PASSWORD") if password else ("ADMIN_PASSWORD", "ADMIN_USERNAME")
        read.complain(missing, f"{missing} is missing, while {given} is set.")
    return name


def _ca_file(read: _Reader, name: str) -> Path | None:
    text = read.text(name)
    if not text:
        return None
    try:
        ssl.create_default_context(cafile=text)
    except (OSError, ValueError) as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError | ValueError) else error.strerror
        read.complain(name, f"{name} cannot be used: {text}: {reason}.")
    return Path(text).absolute()


def _origins(read: _Reader) -> tuple[str, ...]:
    """No wildcard: whoever is trusted with the answers is named."""
    found = []
    for text in filter(None, (part.strip().rstrip("/") for part in read.text("CORS_ORIGINS").split(","))):
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or text != f"{parts.scheme}://{parts.netloc}":
            read.complain(
                "CORS_ORIGINS",
                f"CORS_ORIGINS must hold addresses such as https://backup.example.com, without a path, not {text!r}.",
            )
        found.append(text)
    return tuple(found)


def _trusted_proxies(read: _Reader) -> tuple[str, ...]:
    found = []
    for text in filter(None, (part.strip() for part in read.text("TRUSTED_PROXIES").split(","))):
        try:
            found.append(str(ip_network(text, strict=False)))
        except ValueError:
            read.complain("TRUSTED_PROXIES", f"TRUSTED_PROXIES must hold addresses or networks, not {text!r}.")
    return tuple(found)


def _docker_host(read: _Reader) -> str:
    text = read.text("DOCKER_HOST", DEFAULT_DOCKER_HOST)
    parts = urlsplit(text)
    is_socket = parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc
    is_proxy = parts.scheme in ("tcp", "http") and parts.hostname and "@" not in parts.netloc
    if parts.scheme == "ssh":
        read.complain(
            "DOCKER_HOST",
            "DOCKER_HOST cannot be ssh://: this program starts no SSH client. Forward the socket by SSH yourself and"
            " name that, or use tcp:// with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.",
        )
    elif not is_socket and not is_proxy:
        read.complain(
            "DOCKER_HOST",
            "DOCKER_HOST must be unix:///path/to/docker.sock, or tcp://host:port of an engine or a socket proxy,"
            " without a password in it.",
        )
    return text


def _docker_tls(read: _Reader) -> DockerTls | None:
    """Docker's own two variables. Never without verification: whoever stands in between would be root on the host."""
    verify, folder = read.text("DOCKER_TLS_VERIFY"), read.text("DOCKER_CERT_PATH")
    if not verify and not folder:
        return None
    if not verify or verify.lower() in ("0", "false"):
        if folder:
            read.complain(
                "DOCKER_TLS_VERIFY",
                "DOCKER_TLS_VERIFY must be 1 where DOCKER_CERT_PATH is set: TLS is always verified.",
            )
        return None
    if not folder:
        read.complain(
            "DOCKER_CERT_PATH",
            "DOCKER_CERT_PATH is missing, while DOCKER_TLS_VERIFY is set: name the folder with ca.pem, cert.pem and"
            " key.pem.",
        )
        return None
    if urlsplit(read.text("DOCKER_HOST", DEFAULT_DOCKER_HOST)).scheme != "tcp":
        read.complain("DOCKER_HOST", "DOCKER_HOST must be tcp://host:port where DOCKER_TLS_VERIFY is set.")
    tls = DockerTls.below(Path(folder).absolute())
    if problem := _tls_problem(tls):
        read.complain("DOCKER_CERT_PATH", f"DOCKER_CERT_PATH cannot be used: {problem}.")
    return tls


def _tls_problem(tls: DockerTls) -> str | None:
    """Say what is wrong with the files of a client."""
    for path in (tls.ca, tls.certificate, tls.key):
        try:
            path.read_bytes()
        except OSError as error:
            return f"{path}: {error.strerror}"
    try:
        context = ssl.create_default_context(cafile=str(tls.ca))
    except (ssl.SSLError, ValueError):
        return f"{tls.ca} holds no certificate"
    try:
        # A key with a passphrase would be asked for at the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: "")
    except (ssl.SSLError, ValueError):
        return f"{tls.certificate} and {tls.key} are not a certificate and its key without a passphrase"
    return None


def _static_dir(read: _Reader) -> Path | None:
    text = read.text("STATIC_PATH")
    if text and not (Path(text) / "index.html").is_file():
        read.complain("STATIC_PATH", f"There is no index.html in {text}: build the page first, or unset STATIC_PATH.")
    return Path(text) if text else None


def _host(read: _Reader) -> str:
    """Container engines put the machine's name into HOSTNAME; only an address is meant for us."""
    value = read.text("HOSTNAME")
    return str(ip_address(value)) if _is_address(value) else "127.0.0.1"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _socket_path(read: _Reader) -> Path | None:
    text = read.text("SOCKET_PATH")
    if not text:
        return None
    if read.text("PORT") or _is_address(read.text("HOSTNAME")):
        read.complain("SOCKET_PATH", "SOCKET_PATH takes the place of HOSTNAME and PORT: unset it, or unset those.")
    if len(os.fsencode(text)) > _MAX_SOCKET_PATH:
        read.complain("SOCKET_PATH", f"SOCKET_PATH may have {_MAX_SOCKET_PATH} bytes at most: choose a shorter path.")
    return Path(text).absolute()


def _timezone(read: _Reader) -> str:
    name = read.text("TZ", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        read.complain("TZ", f"TZ must be a time zone such as Europe/Berlin, not {name!r}.")
    return name


def _s3(read: _Reader) -> S3Environment | None:
    access_key, secret_key = read.secret("S3_ACCESS_KEY_ID"), read.secret("S3_SECRET_ACCESS_KEY")
    given = {
        "S3_BUCKET": bool(read.text("S3_BUCKET")),
        "S3_ACCESS_KEY_ID": bool(access_key),
        "S3_SECRET_ACCESS_KEY": bool(secret_key),
    }
    if not any(given.values()) and not read.text("S3_ENDPOINT"):
        return None
    for name, present in given.items():
        if not present:
            others = [n for n, p in given.items() if p] or ["S3_ENDPOINT"]
            read.complain(name, f"{name} is missing, while {', '.join(others)} is set.")
    endpoint = read.text("S3_ENDPOINT")
    if endpoint and (not endpoint.startswith(("https://", "http://")) or not urlsplit(endpoint).hostname):
        read.complain("S3_ENDPOINT", f"S3_ENDPOINT must be a URL such as https://s3.example.com, not {endpoint!r}.")
    return S3Environment(
        bucket=read.text("S3_BUCKET"),
        region=read.text("S3_REGION", "us-east-1"),
        access_key=access_key,
        secret_key=secret_key,
        endpoint=endpoint or None,
    )


def _database_url(read: _Reader) -> CatalogueUrl | None:
    text = read.secret("DATABASE_URL").reveal().strip()
    if not text:
        return None
    try:
        return CatalogueUrl.parse(text)
    except ValueError as error:
        read.complain("DATABASE_URL", f"DATABASE_URL {error}.")
        return None
