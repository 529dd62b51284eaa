"""S3Storage on a real server: what it keeps, what it refuses, and what a bad network does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dbbackup.core.errors import S3Error, S3UnreachableError
from dbbackup.core.secret import Secret
from dbbackup.storages import s3_plan, s3_upload
from dbbackup.storages.base import Stream, WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_budget import PartBudget
from dbbackup.storages.s3_settings import S3Settings
from devtools.servers.fault_proxy import FaultProxy
from tests.contract.storage_fixtures import QUICK, s3_settings, seaweed
from tests.contract.storage_suite import MiB, chunks, content, gather

STEPS = ["reach", "list", "versions", "objectLock", "put", "tags", "readBack", "multipart", "delete"]


@pytest.fixture
async def storage() -> AsyncIterator[S3Storage]:
    storage = S3Storage(s3_settings(), patience=QUICK)
    yield storage
    await storage.close()


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with FaultProxy.start("127.0.0.1", seaweed().port) as proxy:
        yield proxy


@pytest.fixture
async def proxied(proxy: FaultProxy) -> AsyncIterator[S3Storage]:
    settings = s3_settings()
    storage = S3Storage(replace(settings, endpoint=f"http://127.0.0.1:{proxy.port}"), patience=QUICK)
    yield storage
    proxy.heal()
    await storage.close()


async def uploads(storage: S3Storage) -> list[str]:
    return [upload.key async for upload in storage.open_uploads()]


async def failed_steps(settings: S3Settings) -> dict[str, str]:
    storage = S3Storage(settings, patience=QUICK)
    steps = await storage.check()
    await storage.close()
    assert [step.name for step in steps] == STEPS
    return {step.name: step.message for step in steps if not step.ok}


async def test_check_with_a_wrong_key_says_which(storage: S3Storage) -> None:
    settings = storage.settings
    unknown = await failed_steps(replace(settings, access_key=Secret("NOBODY")))
    assert "access key is not known" in unknown["reach"]
    wrong = await failed_steps(replace(settings, secret_key=Secret("wr0ng-s3cr3t")))
    assert "secret key does not fit" in wrong["reach"]
    assert wrong["delete"] == "Not tried, because the step put failed."
    assert "wr0ng" not in str(wrong)


async def test_check_with_a_wrong_bucket_or_endpoint_says_so(storage: S3Storage) -> None:
    settings = storage.settings
    bucket = await failed_steps(replace(settings, bucket="no-such-bucket"))
    assert "no-such-bucket does not exist" in bucket["reach"]
    closed = await failed_steps(replace(settings, endpoint="http://127.0.0.1:9"))
    assert "no connection" in closed["reach"]


async def test_check_with_a_key_that_may_only_read_names_the_step(storage: S3Storage) -> None:
    key = Secret(seaweed().readonly_access_key)
    failed = await failed_steps(replace(storage.settings, access_key=key))
    assert set(failed) == {"put", "tags", "readBack", "multipart", "delete"}
    assert "no permission" in failed["put"]


@pytest.mark.parametrize("change", [{"access_key": Secret("NOBODY")}, {"bucket": "no-such-bucket"}])
async def test_every_call_with_wrong_settings_raises(storage: S3Storage, change: dict[str, object]) -> None:
    wrong = S3Storage(replace(storage.settings, **change), patience=QUICK)  # type: ignore[arg-type]
    with pytest.raises(S3Error):
        await wrong.stat("k")
    with pytest.raises(S3Error):
        await wrong.write("k", chunks(10), WriteOptions())
    with pytest.raises(S3Error):
        await uploads(wrong)
    with pytest.raises(S3Error):
        _ = [found async for found in wrong.list_objects()]
    await wrong.close()


async def test_buckets_are_listed(storage: S3Storage) -> None:
    buckets = await storage.list_buckets()
    assert storage.settings.bucket in buckets
    assert buckets == sorted(buckets)


async def test_objects_lie_below_the_prefix_with_their_description(storage: S3Storage) -> None:
    encrypted = S3Storage(replace(storage.settings, sse="SSE-S3", storage_class="STANDARD_IA"), patience=QUICK)
    options = WriteOptions(metadata={"run": "x"}, tags={"database": "shop"}, content_type="application/zstd")
    for key, size in (("one", 10), ("multi", 9 * MiB)):
        await encrypted.write(key, chunks(size), options)
        assert await gather(encrypted.read(key)) == await content(size)
        place = {"Bucket": storage.settings.bucket, "Key": f"pre fix/x/{key}"}
        head = seaweed().client().head_object(**place)
        assert (head["ServerSideEncryption"], head["Metadata"]["run"]) == ("AES256", "x")
        assert head["StorageClass"] == "STANDARD_IA"
        tags = seaweed().client().get_object_tagging(**place)["TagSet"]
        assert tags == [{"Key": "database", "Value": "shop"}]
    await encrypted.close()


async def test_versions_are_kept_and_deleted_one_by_one() -> None:
    bucket = seaweed().create_bucket(f"v{secrets.token_hex(6)}", versioning=True)
    storage = S3Storage(s3_settings(bucket=bucket), patience=QUICK)
    first = await storage.write("k", chunks(10), WriteOptions())
    assert first.version
    await storage.delete("k")
    assert await storage.stat("k") is None
    second = await storage.write("k", chunks(20), WriteOptions())
    assert second.version not in (None, first.version)
    assert await gather(storage.read("k")) == await content(20)
    assert await gather(storage.read("k", version=first.version)) == await content(10)
    found = await storage.stat("k", first.version)
    assert found is not None
    assert (found.size, found.version) == (10, first.version)
    await storage.delete("k", second.version)
    assert await storage.stat("k") is None
    assert [step.message for step in await storage.check() if not step.ok] == []
    await storage.close()


async def test_network_cut_in_the_middle_of_a_part_loses_nothing(proxy: FaultProxy, proxied: S3Storage) -> None:
    proxy.cut_after(to_target=3 * MiB, times=4)
    await proxied.write("k", chunks(20 * MiB), WriteOptions())
    assert await gather(proxied.read("k")) == await content(20 * MiB)
    assert await uploads(proxied) == []


async def test_network_cut_in_the_middle_of_a_read_loses_nothing(proxy: FaultProxy, proxied: S3Storage) -> None:
    await proxied.write("k", chunks(12 * MiB), WriteOptions())
    proxy.cut_after(to_client=3 * MiB + 11, times=3)
    assert await gather(proxied.read("k", 7)) == (await content(12 * MiB))[7:]


async def test_network_that_stalls_is_given_up_and_tried_again(proxy: FaultProxy, proxied: S3Storage) -> None:
    async def stream() -> Stream:
        async for chunk in chunks(17 * MiB):
            yield chunk
        proxy.stall()
        asyncio.get_running_loop().call_later(1, proxy.drop)
        asyncio.get_running_loop().call_later(1.1, proxy.heal)

    await proxied.write("k", stream(), WriteOptions())
    assert await gather(proxied.read("k")) == await content(17 * MiB)


async def test_network_that_stays_away_is_an_error_and_discard_mends(proxy: FaultProxy, proxied: S3Storage) -> None:
    async def stream() -> Stream:
        async for chunk in chunks(9 * MiB):
            yield chunk
        proxy.refuse()

    with pytest.raises(S3UnreachableError):
        await proxied.write("k", stream(), WriteOptions())
    proxy.heal()
    assert await proxied.stat("k") is None
    await proxied.discard("k")
    assert await uploads(proxied) == []


async def test_parts_too_large_for_memory_go_through_files(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(s3_upload, "MEMORY_PART", 4 * MiB)
    spooling = S3Storage(storage.settings, work_dir=tmp_path, patience=QUICK, budget=PartBudget(0))
    await spooling.write("k", chunks(33 * MiB), WriteOptions())
    assert await gather(spooling.read("k")) == await content(33 * MiB)
    assert list(tmp_path.iterdir()) == []
    await spooling.close()


async def test_uploads_that_wait_for_each_other_share_a_small_budget(storage: S3Storage, tmp_path: Path) -> None:
    """Each dump feeds two uploads chunk by chunk, as the fan-out does: nobody may wait for memory."""
    budget = PartBudget(2 * s3_plan.MIN_PART)
    shared = S3Storage(storage.settings, work_dir=tmp_path, patience=QUICK, budget=budget)
    size, peak = 18 * MiB, 0

    async def dump(name: str) -> None:
        queues: list[asyncio.Queue[bytes]] = [asyncio.Queue(1), asyncio.Queue(1)]

        async def side(queue: asyncio.Queue[bytes]) -> Stream:
            while chunk := await queue.get():
                yield chunk

        async def feed() -> None:
            nonlocal peak
            async for chunk in chunks(size):
                for queue in queues:
                    await queue.put(chunk)
                peak = max(peak, budget.used)
            for queue in queues:
                await queue.put(b"")

        writes = [shared.write(f"{name}/{number}", side(queue), WriteOptions()) for number, queue in enumerate(queues)]
        await asyncio.gather(feed(), *writes)

    async with asyncio.timeout(60):
        await asyncio.gather(*(dump(f"dump-{number}") for number in range(3)))
    assert 0 < peak <= budget.capacity
    assert budget.used == 0
    assert await gather(shared.read("dump-1/1")) == await content(size)
    await shared.close()
