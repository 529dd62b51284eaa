"""Where object storage is connected to: never to what the rules forbid, whatever the name says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbbackup.core.errors import S3Error, S3UnreachableError
from dbbackup.net.resolve import Lookup
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_client import Patience
from tests.contract.storage_fixtures import s3_settings, seaweed

ONCE = Patience(attempts=1, connect=2.0, answer=5.0)


def names(*answers: list[str]) -> Lookup:
    """Return a resolver that gives these answers, the last one again and again."""
    left = list(answers)

    async def look_up(_host: str, _port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return look_up


async def uploads(endpoint: str, lookup: Lookup) -> list[str]:
    storage = S3Storage(replace(s3_settings(), endpoint=endpoint), patience=ONCE, lookup=lookup)
    try:
        return [upload.key async for upload in storage.open_uploads()]
    finally:
        await storage.close()


def by_name() -> str:
    return f"http://s3.example.com:{seaweed().port}"


async def test_call_when_the_name_stands_for_a_private_address_then_that_is_connected_to() -> None:
    assert await uploads(by_name(), names(["127.0.0.1"])) == []


@pytest.mark.parametrize(
    "endpoint",
    ["http://169.254.169.254", "http://[fe80::1]:8333", "http://[::ffff:169.254.169.254]", "http://100.100.100.200"],
)
async def test_call_when_the_address_is_forbidden_then_it_is_refused(endpoint: str) -> None:
    with pytest.raises(S3Error, match=r"Nothing may be sent to .*Check the endpoint") as caught:
        await uploads(endpoint, names([]))
    assert not caught.value.retryable


async def test_call_when_the_name_changes_its_meaning_then_the_connection_is_not_made() -> None:
    with pytest.raises(S3Error, match=r"s3\.example\.com \(169\.254\.169\.254\)") as caught:
        await uploads(by_name(), names(["127.0.0.1"], ["169.254.169.254"]))
    assert not caught.value.retryable


async def test_call_when_one_of_the_addresses_is_forbidden_then_it_is_refused() -> None:
    with pytest.raises(S3Error, match="a cloud's metadata service answers there"):
        await uploads(by_name(), names(["127.0.0.1", "169.254.169.254"]))


async def test_call_when_the_name_is_unknown_then_it_is_a_passing_fault() -> None:
    with pytest.raises(S3UnreachableError, match="Check endpoint, port, DNS"):
        await uploads(by_name(), names([]))


async def test_check_when_the_address_is_forbidden_then_every_step_says_so() -> None:
    storage = S3Storage(replace(s3_settings(), endpoint=by_name()), lookup=names(["169.254.169.254"]))
    steps = await storage.check()
    await storage.close()
    assert [step.ok for step in steps] == [False] * len(steps)
    assert "a cloud's metadata service answers there" in steps[0].message
