"""What the API shows of S3 configs."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.storages.base import CheckStep


class S3ConfigView(Struct, kw_only=True, rename="camel"):
    """A bucket backups go to; the secret key is never shown."""

    id: str
    name: str
    region: str
    bucket: str
    access_key_hint: str
    """The last four characters of the access key id."""
    has_secret_key: bool
    endpoint: str | None
    path_style: bool
    path_prefix: str
    sse_mode: str
    kms_key_id: str | None
    has_customer_key: bool
    storage_class: str | None
    tag_objects: bool
    object_lock_mode: str | None
    object_lock_days: int | None
    upload_limit: int | None
    """kB/s; null is no limit."""
    download_limit: int | None
    allow_http: bool
    delete_versions: bool
    """Whether a deleted file's earlier versions are deleted, too."""
    enabled: bool
    is_default: bool
    copies: int
    """How many copies lie there."""
    created_at: datetime
    updated_at: datetime


class S3Test(Struct, kw_only=True, rename="camel"):
    """The steps of a storage's test, in order."""

    ok: bool
    steps: list[CheckStep]


class S3Object(Struct, kw_only=True, rename="camel"):
    """One object of a bucket; `isBackup` when a manifest of ours lies beside it."""

    key: str
    size: int
    modified_at: datetime
    is_backup: bool


class S3Listing(Struct, kw_only=True, rename="camel"):
    """One page of a folder; ask again with `next` to go on."""

    prefix: str
    folders: list[str]
    objects: list[S3Object]
    next: str | None


class S3ConfigEnvelope(Envelope, kw_only=True, rename="camel"):
    """One S3 config."""

    data: S3ConfigView


class S3ConfigListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All S3 configs."""

    data: list[S3ConfigView]


class S3TestEnvelope(Envelope, kw_only=True, rename="camel"):
    """The result of a storage's test."""

    data: S3Test


class BucketListEnvelope(Envelope, kw_only=True, rename="camel"):
    """Names of the buckets the key can see."""

    data: list[str]


class S3ListingEnvelope(Envelope, kw_only=True, rename="camel"):
    """One page of a bucket's folder."""

    data: S3Listing
