"""What an S3 storage needs to know, and what known services do differently from Amazon's."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from dbbackup.core.errors import ValidationError
from dbbackup.core.secret import Secret

Checksum = Literal["crc32", "md5"]
Encryption = Literal["none", "SSE-S3", "SSE-KMS", "SSE-C"]
LockMode = Literal["GOVERNANCE", "COMPLIANCE"]
MAX_PARTS = 10_000
ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
"""Classes whose objects must be asked for before they can be read."""
CUSTOMER_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Profile:
    """How a service differs: parts must be equal, fewer parts, no CRC32 headers, no `If-None-Match`."""

    equal_parts: bool = False
    max_parts: int = MAX_PARTS
    checksum: Checksum = "crc32"
    conditional_writes: bool = True


# As known of these services, not tried here; a setting of the same name in S3Settings wins.
_PROFILES = {
    "r2.cloudflarestorage.com": Profile(equal_parts=True),
    "backblazeb2.com": Profile(checksum="md5", conditional_writes=False),
    "scw.cloud": Profile(max_parts=1_000, checksum="md5"),
    "storage.googleapis.com": Profile(checksum="md5", conditional_writes=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """One bucket and how to reach it.

    `endpoint` None means Amazon. `prefix` stands before every key, with or without a final slash.
    `allow_http` must be set for an `http://` endpoint; `verify_tls` False accepts any certificate.
    `customer_key` is the key of SSE-C, 32 bytes in base64. `lock_mode` and `lock_for` go together.
    `delete_versions`: deleting removes every version instead of hiding the newest one.
    The last four are None for "as the service's profile says" (`profile()`).
    """

    id: str
    bucket: str
    access_key: Secret
    secret_key: Secret
    region: str = "us-east-1"
    endpoint: str | None = None
    path_style: bool = False
    prefix: str = ""
    sse: Encryption = "none"
    kms_key: str | None = None
    customer_key: Secret | None = None
    storage_class: str | None = None
    tag_objects: bool = True
    lock_mode: LockMode | None = None
    lock_for: timedelta | None = None
    delete_versions: bool = False
    verify_tls: bool = True
    allow_http: bool = False
    equal_parts: bool | None = None
    max_parts: int | None = None
    checksum: Checksum | None = None
    conditional_writes: bool | None = None

    def __post_init__(self) -> None:
        if self.endpoint is not None:
            _check_endpoint(self.endpoint, self.allow_http)
        if self.customer_key is not None:
            check_customer_key(self.customer_key.reveal())
        if self.prefix.startswith("/") or ".." in self.prefix.split("/"):
            raise ValidationError.of("prefix", "The prefix starts without a slash and holds no `..`.")

    @property
    def folder(self) -> str:
        """Return the prefix as it stands before a key: empty, or ending with one slash."""
        return f"{self.prefix.rstrip('/')}/" if self.prefix.strip("/") else ""

    @property
    def plain(self) -> bool:
        """Tell whether the endpoint speaks http without TLS."""
        return self.endpoint is not None and self.endpoint.startswith("http://")

    @property
    def host(self) -> str:
        """Return the name to show for the service; it holds no secret."""
        if self.endpoint is None:
            return f"s3.{self.region}.amazonaws.com"
        return urlsplit(self.endpoint).netloc

    def customer(self) -> dict[str, Any]:
        """Return what every request for an object's bytes or facts must carry: SSE-C's key, or nothing."""
        if self.sse != "SSE-C" or self.customer_key is None:
            return {}
        return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": base64.b64decode(self.customer_key.reveal())}

    def profile(self) -> Profile:
        """Return what this service can do: the known service's profile with the settings applied."""
        name = self.host.rsplit(":", 1)[0].lower()
        known = next((p for host, p in _PROFILES.items() if name == host or name.endswith(f".{host}")), Profile())
        return Profile(
            equal_parts=known.equal_parts if self.equal_parts is None else self.equal_parts,
            max_parts=known.max_parts if self.max_parts is None else self.max_parts,
            checksum=known.checksum if self.checksum is None else self.checksum,
            conditional_writes=(
                known.conditional_writes if self.conditional_writes is None else self.conditional_writes
            ),
        )


def check_customer_key(key: str) -> None:
    """Raise ValidationError unless the text is a key of SSE-C: 32 bytes in base64. The text is not repeated."""
    try:
        size = len(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != CUSTOMER_KEY_BYTES:
        text = "The customer key must be 32 bytes in base64 (44 characters): make one with `openssl rand -base64 32`."
        raise ValidationError.of("customerKey", text)


def _check_endpoint(endpoint: str, allow_http: bool) -> None:
    """Raise ValidationError unless the endpoint is a plain http(s) address without credentials."""
    try:
        url = urlsplit(endpoint)
        host = url.hostname
    except ValueError as error:
        raise ValidationError.of("endpoint", "The endpoint is not an address.") from error
    if url.scheme not in ("http", "https") or not host:
        raise ValidationError.of("endpoint", "The endpoint looks like https://s3.example.com or http://host:9000.")
    if url.username or url.password or url.query or url.fragment:
        raise ValidationError.of("endpoint", "The endpoint holds no user, password or query: keys have fields.")
    if url.scheme == "http" and not allow_http:
        raise ValidationError.of("endpoint", "Backups would travel unencrypted: use https, or allow http.")
