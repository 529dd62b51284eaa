"""Amazon's own addresses, which are worked out without asking anybody: no endpoint is given for them."""

from __future__ import annotations

from typing import Any

import pytest

from dbbackup.core.secret import Secret
from dbbackup.storages.s3_client import Patience, S3Client
from dbbackup.storages.s3_settings import S3Settings


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "s3.amazonaws.com"),
        ("eu-central-1", "s3.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
    ],
)
async def test_address_when_no_endpoint_is_given_then_it_is_amazons_in_that_region(region: str, host: str) -> None:
    secret = Secret("not-a-key")
    settings = S3Settings(id="x", bucket="backups", region=region, access_key=secret, secret_key=secret)
    client = S3Client(settings, Patience(attempts=1))

    async def address(api: Any) -> str:
        return str(api.meta.endpoint_url)

    try:
        assert await client.call("looking", address) == f"https://{host}"
    finally:
        await client.close()
