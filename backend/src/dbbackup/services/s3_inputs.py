"""What people may say of their S3 configs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from dbbackup.services.inputs import Id, Input, Name, Text

SseMode = Literal["none", "SSE-S3", "SSE-KMS", "SSE-C"]
LockMode = Literal["GOVERNANCE", "COMPLIANCE"]
LockDays = Annotated[int, Meta(ge=1, le=36_500)]
CustomerKey = Annotated[str, Meta(max_length=100)]
Rate = Annotated[int, Meta(ge=64, le=100_000_000)]
"""kB/s"""


class S3ConfigInput(Input):
    """A bucket to add, or an unsaved form to test.

    With `deleteVersions` a deleted backup's files go with all their versions, where the bucket keeps versions.
    """

    name: Name
    bucket: Text
    access_key: Text
    secret_key: Text
    region: Annotated[str, Meta(min_length=1, max_length=100)] = "us-east-1"
    endpoint: str | None = None
    path_style: bool = False
    path_prefix: Annotated[str, Meta(max_length=500)] = ""
    sse_mode: SseMode = "none"
    kms_key_id: str | None = None
    customer_key: CustomerKey | None = None
    storage_class: str | None = None
    tag_objects: bool = True
    object_lock_mode: LockMode | None = None
    object_lock_days: LockDays | None = None
    upload_limit: Rate | None = None
    download_limit: Rate | None = None
    allow_http: bool = False
    delete_versions: bool = False
    enabled: bool = True
    is_default: bool = False


class S3ConfigUpdate(Input):
    """The fields to change; what is left out stays, the keys too."""

    name: Name | UnsetType = UNSET
    bucket: Text | UnsetType = UNSET
    access_key: Text | UnsetType = UNSET
    secret_key: Text | UnsetType = UNSET
    region: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    endpoint: str | UnsetType | None = UNSET
    path_style: bool | UnsetType = UNSET
    path_prefix: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    sse_mode: SseMode | UnsetType = UNSET
    kms_key_id: str | UnsetType | None = UNSET
    customer_key: CustomerKey | UnsetType | None = UNSET
    storage_class: str | UnsetType | None = UNSET
    tag_objects: bool | UnsetType = UNSET
    object_lock_mode: LockMode | UnsetType | None = UNSET
    object_lock_days: LockDays | UnsetType | None = UNSET
    upload_limit: Rate | UnsetType | None = UNSET
    download_limit: Rate | UnsetType | None = UNSET
    allow_http: bool | UnsetType = UNSET
    delete_versions: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class S3TestInput(Input):
    """An unsaved form to test; with `s3ConfigId` keys left out come from the saved config."""

    s3_config_id: Id | None = None
    bucket: Text | UnsetType = UNSET
    access_key: Text | UnsetType = UNSET
    secret_key: Text | UnsetType = UNSET
    region: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    endpoint: str | UnsetType | None = UNSET
    path_style: bool | UnsetType = UNSET
    path_prefix: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    sse_mode: SseMode | UnsetType = UNSET
    kms_key_id: str | UnsetType | None = UNSET
    customer_key: CustomerKey | UnsetType | None = UNSET
    storage_class: str | UnsetType | None = UNSET
    tag_objects: bool | UnsetType = UNSET
    object_lock_mode: LockMode | UnsetType | None = UNSET
    object_lock_days: LockDays | UnsetType | None = UNSET
    delete_versions: bool | UnsetType = UNSET
    allow_http: bool | UnsetType = UNSET
