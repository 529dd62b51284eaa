"""Parts in memory and in files, and the body that sends them."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dbbackup.storages.s3_parts import SEND_SIZE, MemoryPart, Part, PartBody, SpooledPart


@pytest.fixture(params=["memory", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Part]:
    return lambda: MemoryPart(lambda: None) if request.param == "memory" else SpooledPart(tmp_path)


@pytest.mark.parametrize("sizes", [[], [1], [70_000, 1, 2, 300_000], [50_000] * 20, [1 << 20, 5, 1 << 20]])
async def test_part_gives_back_its_bytes_as_often_as_asked(make: Callable[[], Part], sizes: list[int]) -> None:
    part, data = make(), b""
    for size in sizes:
        block = os.urandom(size)
        await part.append(memoryview(block))
        data += block
    sums = await part.seal(zlib.crc32(b"before"), "md5")
    assert part.size == len(data)
    assert sums.crc32 == zlib.crc32(data)
    assert sums.whole == zlib.crc32(b"before" + data)
    assert sums.md5 == base64.b64encode(hashlib.md5(data).digest()).decode()
    body = PartBody(part)
    for _ in range(2):
        pieces = [bytes(piece) async for piece in body]
        assert b"".join(pieces) == data
        assert max(map(len, pieces), default=0) <= SEND_SIZE
        assert (len(body), body.sent) == (len(data), len(data))
    part.close()


async def test_spooled_part_leaves_no_name(tmp_path: Path) -> None:
    part = SpooledPart(tmp_path)
    await part.append(memoryview(b"x"))
    assert list(tmp_path.iterdir()) == []
    part.close()


def test_body_is_not_read_whole() -> None:
    with pytest.raises(io.UnsupportedOperation):
        PartBody(MemoryPart(lambda: None)).read()
