"""What is compressed opens with any standard tool, and nothing altered comes out as if it were right."""

from __future__ import annotations

import gzip
import os
import subprocess
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import cast

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.errors import IntegrityError, InternalError
from dbbackup.pipeline.compress import MAX_PIECE, compressor, decompressor
from dbbackup.pipeline.meter import Meter, Verifier
from dbbackup.pipeline.stream import Stream, Transform, through
from tests.unit.pipeline.tools import MIB, gather, pieces

CODECS = [("gzip", level) for level in range(1, 10)] + [("zstd", level) for level in (1, 3, 9)]
SAMPLE = os.urandom(150) + b"abc" * 60
EVERY_CODEC = pytest.mark.parametrize("name", ["gzip", "zstd"])


def squeezed(name: str, level: int | None, *data: bytes) -> bytes:
    transform = compressor(name, level)
    assert transform is not None
    return b"".join(pieces([transform], list(data)))


def unsqueeze(name: str) -> Transform:
    transform = decompressor(name)
    assert transform is not None
    return transform


def verified(name: str, stored: bytes, plain: bytes) -> list[Transform]:
    """Return the transforms of a restore that expects these bytes."""
    return [
        Verifier("file", len(stored), sha256(stored).hexdigest()),
        unsqueeze(name),
        Verifier("content", len(plain), sha256(plain).hexdigest()),
    ]


@pytest.mark.parametrize(("name", "level"), CODECS)
def test_compressor_and_meter_when_given_a_buffer_that_is_filled_again_have_kept_nothing_of_it(
    name: str, level: int
) -> None:
    squeeze, meter, buffer = compressor(name, level), Meter(), bytearray(70_000)
    assert squeeze is not None
    chunks = [os.urandom(60) * 1000 + bytes(10_000) for _ in range(4)]

    def lent() -> Iterator[bytes]:
        for chunk in chunks:
            buffer[:] = chunk
            yield cast(bytes, memoryview(buffer))

    stored = b"".join(pieces([meter, squeeze], lent()))
    assert b"".join(pieces([unsqueeze(name)], [stored])) == b"".join(chunks)
    assert meter.sha256 == sha256(b"".join(chunks)).hexdigest()


@pytest.mark.parametrize(("name", "level"), CODECS)
@settings(max_examples=15, deadline=None)
@given(
    data=st.lists(st.binary(max_size=300) | st.binary(max_size=5).map(lambda b: b * 9000), max_size=6),
    cut=st.integers(1, 4000),
)
def test_round_trip_when_cut_anywhere_gives_the_same_bytes(name: str, level: int, data: list[bytes], cut: int) -> None:
    stored, plain = squeezed(name, level, *data), b"".join(data)
    chunks = [stored[i : i + cut] for i in range(0, len(stored), cut)]
    assert b"".join(pieces(verified(name, stored, plain), chunks)) == plain
    opened = gzip.decompress(stored) if name == "gzip" else zstd.decompress(stored)
    assert opened == plain


@pytest.mark.parametrize("level", range(1, 10))
def test_gzip_when_tested_by_gzip_itself_is_whole(level: int) -> None:
    stored = squeezed("gzip", level, *[SAMPLE * 2000] * 3)
    assert subprocess.run(["gzip", "-t"], input=stored, check=False).returncode == 0
    assert subprocess.run(["gzip", "-dc"], input=stored, capture_output=True, check=True).stdout == SAMPLE * 6000


def test_compressor_when_level_is_left_out_takes_the_formats_own() -> None:
    assert squeezed("gzip", None, SAMPLE * 99) == squeezed("gzip", 1, SAMPLE * 99)
    assert squeezed("zstd", None, SAMPLE * 99) == squeezed("zstd", 3, SAMPLE * 99)


def test_zstd_when_compressed_carries_a_checksum() -> None:
    assert zstd.get_frame_info(squeezed("zstd", 3, SAMPLE)) is not None
    assert squeezed("zstd", 3, SAMPLE)[4] & 0b100, "the frame header's checksum flag"


@pytest.mark.parametrize("level", [None, 1, 9])
def test_compressor_when_there_is_to_be_none_is_none_whatever_the_level(level: int | None) -> None:
    assert compressor("none", level) is None
    assert decompressor("none") is None


def test_codecs_when_the_name_is_unknown_refuse() -> None:
    with pytest.raises(InternalError, match="cannot write 'lz4'"):
        compressor("lz4", 1)
    with pytest.raises(InternalError, match="cannot read 'lz4'"):
        decompressor("lz4")


@EVERY_CODEC
def test_restore_when_any_byte_is_altered_releases_nothing_of_the_last_chunk(name: str) -> None:
    stored = squeezed(name, None, SAMPLE)
    for offset in range(len(stored)):
        for flip in (0x01, 0x80, 0xFF):
            altered = bytearray(stored)
            altered[offset] ^= flip
            assert released(name, stored, [bytes(altered)]) == b"", offset


@EVERY_CODEC
def test_restore_when_cut_off_anywhere_releases_nothing_of_the_last_chunk(name: str) -> None:
    stored = squeezed(name, None, SAMPLE)
    for length in range(len(stored)):
        assert released(name, stored, [stored[:length]]) == b"", length


@EVERY_CODEC
@pytest.mark.parametrize("size", [1, 7, 100])
def test_restore_when_altered_in_small_chunks_never_releases_the_end(name: str, size: int) -> None:
    stored = squeezed(name, None, SAMPLE)
    for offset in range(0, len(stored), 5):
        altered = bytearray(stored)
        altered[offset] ^= 0x10
        got = released(name, stored, [bytes(altered[i : i + size]) for i in range(0, len(stored), size)])
        assert len(got) < len(SAMPLE), offset


@EVERY_CODEC
@pytest.mark.parametrize("apart", [True, False])
def test_restore_when_data_follows_the_end_is_refused(name: str, apart: bool) -> None:
    stored = squeezed(name, None, SAMPLE)
    more = [stored, b"more"] if apart else [stored + b"more"]
    assert len(released(name, stored, more)) < len(SAMPLE)


@EVERY_CODEC
@pytest.mark.parametrize("apart", [True, False])
def test_decompressor_when_data_follows_the_end_refuses_by_itself(name: str, apart: bool) -> None:
    stored = squeezed(name, None, SAMPLE)
    with pytest.raises(IntegrityError, match="goes on after its end"):
        list(pieces([unsqueeze(name)], [stored, b"more"] if apart else [stored + b"more"]))


@EVERY_CODEC
def test_decompressor_when_cut_off_refuses_by_itself(name: str) -> None:
    stored = squeezed(name, None, SAMPLE)
    for length in range(len(stored)):
        with pytest.raises(IntegrityError, match="ends too early"):
            list(pieces([unsqueeze(name)], [stored[:length]]))


@EVERY_CODEC
@settings(max_examples=60, deadline=None)
@given(garbage=st.lists(st.binary(min_size=1, max_size=200), max_size=4))
def test_decompressor_when_fed_garbage_raises_nothing_but_integrity_errors(name: str, garbage: list[bytes]) -> None:
    head = squeezed(name, None, SAMPLE)[:12]
    for data in (garbage, [head, *garbage]):
        with pytest.raises(IntegrityError):
            list(pieces([unsqueeze(name)], data))


@EVERY_CODEC
async def test_decompressor_when_fed_a_bomb_gives_bounded_pieces_in_bounded_memory(name: str) -> None:
    gibibyte = 1 << 30
    bomb = squeezed(name, None, *[bytes(16 * MIB)] * (gibibyte // (16 * MIB)))
    assert len(bomb) < gibibyte // 200

    async def source() -> Stream:
        yield bomb

    with ThreadPoolExecutor(1) as executor:
        tracemalloc.start()
        size = largest = 0
        async for piece in through(source(), [unsqueeze(name)], executor):
            size += len(piece)
            largest = max(largest, len(piece))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (size, largest <= MAX_PIECE) == (gibibyte, True)
    assert peak < 40 * MIB


async def test_through_when_all_stages_are_there_round_trips() -> None:
    async def source(data: bytes) -> Stream:
        for start in range(0, len(data), MIB):
            yield data[start : start + MIB]

    plain = os.urandom(3 * MIB) + bytes(20 * MIB)
    with ThreadPoolExecutor(1) as executor:
        transform = compressor("gzip", 1)
        assert transform is not None
        stored = await gather(through(source(plain), [transform], executor))
        assert await gather(through(source(stored), verified("gzip", stored, plain), executor)) == plain


def released(name: str, stored: bytes, chunks: list[bytes]) -> bytes:
    """Return what gets out of a restore of these chunks before it is refused; fail if it is not."""
    out = b""
    with pytest.raises(IntegrityError):
        for piece in pieces(verified(name, stored, SAMPLE), chunks):
            out += piece
    return out
