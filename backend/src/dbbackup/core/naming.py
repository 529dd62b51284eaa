"""Names of files, keys and ids."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime

import uuid_utils

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
INSTANCE_LENGTH = 4
RUN_LENGTH = 8

FILE_NAME = re.compile(
    r"^(?P<slug>[a-z0-9_]+)_(?P<type>[a-z]+)_(?P<date>\d{8})_(?P<time>\d{6})"
    rf"_(?P<instance>[{_ALPHABET}]{{{INSTANCE_LENGTH}}})(?P<run>[{_ALPHABET}]{{{RUN_LENGTH}}})"
    r"(?P<rest>(?:\.[a-z0-9]+)+)\Z"
)


def new_id() -> str:
    """Return a new UUIDv7 as a string: ids sort by the time they were made."""
    return str(uuid_utils.uuid7())


def random_token(length: int) -> str:
    """Return random lower-case letters and digits without the ones that look alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def slug(name: str, max_length: int = 63) -> str:
    """Return the name in lower-case ASCII letters, digits and underscores; never empty."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"[^a-z0-9]+", "_", ascii_name.lower()).strip("_")[:max_length].strip("_")
    return cleaned or "db"


def backup_stem(slug_: str, type_: str, at: datetime, instance_id: str, run_id: str) -> str:
    """Return `{database}_{type}_{YYYYMMDD}_{HHMMSS}_{id}`; `id` is the instance's and the run's token.

    Both tokens stand in the name because open multipart uploads name no owner and two instances
    may share one bucket: what bears our token is ours to clean up, nothing else.
    """
    return f"{slug_}_{type_}_{at:%Y%m%d_%H%M%S}_{instance_id}{run_id}"


def storage_folder(slug_: str, at: datetime) -> str:
    """Return the folder of a backup below a storage's prefix: `{database}/{YYYY}/{MM}`."""
    return f"{slug_}/{at:%Y}/{at:%m}"
