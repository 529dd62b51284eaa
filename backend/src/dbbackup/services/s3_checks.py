"""What an S3 config must fulfil as a whole before it is saved or tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dbbackup.core.errors import ValidationError
from dbbackup.storages.s3_settings import check_customer_key


def check_config(values: Mapping[str, Any], *, has_customer_key: bool) -> None:
    """Raise ValidationError unless endpoint, encryption and lock make sense together.

    `values` by the names of the columns, `customer_key` as given (None: not given now); `has_customer_key` tells
    whether one is saved.
    """
    _check_endpoint(values["endpoint"], allow_http=values["allow_http"])
    sse, customer_key = values["sse_mode"], values.get("customer_key")
    if sse == "SSE-KMS" and not values["kms_key_id"]:
        raise ValidationError.of("kmsKeyId", "SSE-KMS needs the id of a key.")
    if customer_key:
        check_customer_key(customer_key)
    if sse == "SSE-C" and not customer_key and not has_customer_key:
        text = "SSE-C needs your own key: 32 bytes in base64. Keep a copy: without it nobody can read the objects."
        raise ValidationError.of("customerKey", text)
    if sse != "SSE-C" and customer_key:
        raise ValidationError.of("customerKey", "A customer key is used with SSE-C only: leave it out.")
    if values["object_lock_mode"] and not values["object_lock_days"]:
        raise ValidationError.of("objectLockDays", "Say for how many days objects are locked.")
    if values["object_lock_days"] and not values["object_lock_mode"]:
        raise ValidationError.of("objectLockMode", "Choose governance or compliance, or leave the days out.")


def _check_endpoint(endpoint: str | None, *, allow_http: bool) -> None:
    if not endpoint:
        return
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError.of("endpoint", "The endpoint must be a URL such as https://s3.example.com.")
    if parts.username or parts.password:
        raise ValidationError.of("endpoint", "Do not put credentials into the endpoint: use the key fields.")
    if parts.scheme == "http" and not allow_http:
        raise ValidationError.of(
            "endpoint", "This endpoint is not encrypted. Use https, or allow http for this config on purpose."
        )
