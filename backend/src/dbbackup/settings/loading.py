"""Reads the environment and the configuration file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from dbbackup.config_file import DEFAULT_PATH, VARIABLES, read_config
from dbbackup.core.errors import ValidationError
from dbbackup.core.live_settings import Spec, Value, build, specs
from dbbackup.core.secret import Secret
from dbbackup.settings import addresses, keys
from dbbackup.settings.docker import docker_host, docker_tls
from dbbackup.settings.model import Settings
from dbbackup.settings.reader import Reader

AUTH_MODES = ("local", "none")
LOG_LEVELS = ("debug", "info", "warning", "error")
_MAX_PORT = 65535


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment.

    Raises:
        ValidationError: naming every variable that is missing or wrong, all at once.
    """
    read = Reader(environ)
    filed = _file(read)
    settings = Settings(
        encryption_key=keys.encryption_key(read),
        storage_path=read.path("BACKUP_STORAGE_PATH", "/app/data/backups"),
        database_path=read.path("DATABASE_PATH", "/app/data/db/app.db"),
        database_url=addresses.database_url(read),
        host=addresses.host(read),
        port=read.whole("PORT", 3000, 0, _MAX_PORT),
        socket_path=addresses.socket_path(read),
        timezone=_timezone(read),
        log_level=read.choice("LOG_LEVEL", "info", LOG_LEVELS),
        log_format=read.choice("LOG_FORMAT", "text", ("text", "json")),
        s3=addresses.s3(read),
        allowed_origins=addresses.origins(read),
        client_dirs=tuple(Path(p) for p in read.text("CLIENT_PATH").split(":") if p),
        static_dir=_static_dir(read),
        fixed=_fixed(read),
        filed=filed,
        temp_path=read.path("TEMP_DIRECTORY", "") if read.text("TEMP_DIRECTORY") else None,
        auth_mode=read.choice("AUTH_MODE", "local", AUTH_MODES),
        admin_username=keys.admin_username(read),
        admin_password=read.secret("ADMIN_PASSWORD"),
        oidc_client_secret=read.secret("OIDC_CLIENT_SECRET"),
        oidc_ca_file=keys.ca_file(read, "OIDC_CA_FILE"),
        ldap_bind_password=read.secret("LDAP_BIND_PASSWORD"),
        ldap_ca_file=keys.ca_file(read, "LDAP_CA_FILE"),
        audit_forward_token=read.secret("AUDIT_FORWARD_TOKEN"),
        audit_forward_ca_file=keys.ca_file(read, "AUDIT_FORWARD_CA_FILE"),
        docker_host=docker_host(read),
        docker_tls=docker_tls(read),
        trusted_proxies=addresses.trusted_proxies(read),
        stop_grace=float(read.whole("STOP_GRACE_SECONDS", 30, 0, 86_400)),
        secure_delete=read.choice("SECURE_DELETE", "false", ("true", "false")) == "true",
    )
    settings = replace(settings, secret_files=tuple(dict.fromkeys(read.secret_files)))
    if read.problems:
        listing = "\n".join(f"  {p.field}: {p.message}" for p in read.problems)
        raise ValidationError(f"The configuration cannot be used:\n{listing}", details=read.problems)
    return settings


def _file(read: Reader) -> dict[str, Value]:
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


def _fixed(read: Reader) -> dict[str, Value]:
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
    read = Reader(environ)
    key = keys.encryption_key(read, "NEW_ENCRYPTION_KEY")
    if read.problems:
        raise ValidationError(f"{read.problems[0].message} Nothing was changed.", details=read.problems)
    return key


def _static_dir(read: Reader) -> Path | None:
    text = read.text("STATIC_PATH")
    if text and not (Path(text) / "index.html").is_file():
        read.complain("STATIC_PATH", f"There is no index.html in {text}: build the page first, or unset STATIC_PATH.")
    return Path(text) if text else None


def _timezone(read: Reader) -> str:
    name = read.text("TZ", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        read.complain("TZ", f"TZ must be a time zone such as Europe/Berlin, not {name!r}.")
    return name
