"""Where the program listens, whom it believes, and where the servers are that it keeps its own things on."""

from __future__ import annotations

import os
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.settings.model import S3Environment
from dbbackup.settings.reader import Reader

_MAX_SOCKET_PATH = 107  # what the kernel's address has room for


def host(read: Reader) -> str:
    """Container engines put the machine's name into HOSTNAME; only an address is meant for us."""
    value = read.text("HOSTNAME")
    return str(ip_address(value)) if _is_address(value) else "127.0.0.1"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def socket_path(read: Reader) -> Path | None:
    """Return the Unix socket to listen on, which excludes an address and a port."""
    text = read.text("SOCKET_PATH")
    if not text:
        return None
    if read.text("PORT") or _is_address(read.text("HOSTNAME")):
        read.complain("SOCKET_PATH", "SOCKET_PATH takes the place of HOSTNAME and PORT: unset it, or unset those.")
    if len(os.fsencode(text)) > _MAX_SOCKET_PATH:
        read.complain("SOCKET_PATH", f"SOCKET_PATH may have {_MAX_SOCKET_PATH} bytes at most: choose a shorter path.")
    return Path(text).absolute()


def origins(read: Reader) -> tuple[str, ...]:
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


def trusted_proxies(read: Reader) -> tuple[str, ...]:
    """Return the networks whose word on where a request comes from is taken."""
    found = []
    for text in filter(None, (part.strip() for part in read.text("TRUSTED_PROXIES").split(","))):
        try:
            found.append(str(ip_network(text, strict=False)))
        except ValueError:
            read.complain("TRUSTED_PROXIES", f"TRUSTED_PROXIES must hold addresses or networks, not {text!r}.")
    return tuple(found)


def s3(read: Reader) -> S3Environment | None:
    """Return the default S3 config; None: no variable describes one."""
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


def database_url(read: Reader) -> CatalogueUrl | None:
    """Return where the catalogue lies; None: in a file."""
    text = read.secret("DATABASE_URL").reveal().strip()
    if not text:
        return None
    try:
        return CatalogueUrl.parse(text)
    except ValueError as error:
        read.complain("DATABASE_URL", f"DATABASE_URL {error}.")
        return None
