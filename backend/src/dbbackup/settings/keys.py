"""The key, the first administrator and the authorities: what the program's trust begins with."""

from __future__ import annotations

import ssl
from pathlib import Path

from dbbackup.core.secret import Secret
from dbbackup.settings.reader import Reader

MIN_KEY_LENGTH = 32


def encryption_key(read: Reader, name: str = "ENCRYPTION_KEY") -> Secret:
    """Return the key that secrets are sealed with; too short a one is complained of."""
    key = read.secret(name)
    if len(key.reveal()) < MIN_KEY_LENGTH and not any(name in p.field for p in read.problems):
        state = "is missing" if not key else f"has only {len(key.reveal())} characters"
        read.complain(
            name,
            f"{name} {state}; at least {MIN_KEY_LENGTH} are needed. Make one with"
            " `openssl rand -base64 32` and keep a copy outside this machine.",
        )
    return key


def admin_username(read: Reader) -> str:
    """Return the name of the first administrator, which is nothing without a password."""
    name, password = read.text("ADMIN_USERNAME"), bool(read.secret("ADMIN_PASSWORD"))
    if bool(name) != password:
        missing, given = ("ADMIN_USERNAME", "ADMIN_PASSWORD") if password else ("ADMIN_PASSWORD", "ADMIN_USERNAME")
        read.complain(missing, f"{missing} is missing, while {given} is set.")
    return name


def ca_file(read: Reader, name: str) -> Path | None:
    """Return the file of authorities that a variable names; None: it names none."""
    text = read.text(name)
    if not text:
        return None
    try:
        ssl.create_default_context(cafile=text)
    except (OSError, ValueError) as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError | ValueError) else error.strerror
        read.complain(name, f"{name} cannot be used: {text}: {reason}.")
    return Path(text).absolute()
