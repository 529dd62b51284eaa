"""What is encrypted opens for its recipients and for age itself, and nothing altered comes out as if it were right."""

from __future__ import annotations

import os
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.age_keys import Identity, key_file, parse_identity, parse_recipient
from dbbackup.core.errors import IntegrityError, KeyMissingError, RestoreError
from dbbackup.core.secret import Secret
from dbbackup.pipeline.encrypt import check_opens, decryptor, encryptor
from dbbackup.pipeline.encrypt_header import MAX_HEADER
from dbbackup.pipeline.stream import Transform, through
from tests.unit.pipeline.tools import MIB, gather, pieces

CHUNK = 64 * 1024
ALICE, BOB, EVE = Identity.generate(), Identity.generate(), Identity.generate()
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 16 * CHUNK, 17 * CHUNK + 5]


def cut(data: bytes, step: int) -> list[bytes]:
    return [data[start : start + step] for start in range(0, len(data), step)]


def sealed(data: bytes, *identities: Identity, step: int = MIB) -> bytes:
    transform = encryptor([identity.recipient for identity in identities or (ALICE,)])
    return b"".join(pieces([transform], cut(data, step)))


def opened(data: bytes, *identities: Identity, step: int = MIB) -> bytes:
    return b"".join(pieces([decryptor(identities or (ALICE,))], cut(data, step)))


def age(*arguments: str | Path, data: bytes) -> bytes:
    return subprocess.run(["age", *arguments], input=data, capture_output=True, check=True).stdout


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    path = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", path], capture_output=True, check=True)
    return path


@pytest.mark.parametrize("size", SIZES)
def test_round_trip_when_the_size_is_at_the_edge_of_a_chunk_gives_the_same_bytes(size: int) -> None:
    data = os.urandom(size)
    assert opened(sealed(data)) == data


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=300) | st.integers(0, 200_000).map(os.urandom),
    write=st.integers(1, 100_000),
    read=st.integers(1, 100_000),
)
def test_round_trip_when_cut_anywhere_gives_the_same_bytes(data: bytes, write: int, read: int) -> None:
    step = max(read, len(data) // 500 + 1)
    assert opened(sealed(data, step=max(write, len(data) // 500 + 1)), step=step) == data


@pytest.mark.parametrize("size", SIZES)
def test_encryptor_when_opened_by_age_itself_is_whole(size: int, tmp_path: Path) -> None:
    data, key = os.urandom(size), tmp_path / "key.txt"
    key.write_text(key_file(BOB, datetime(2026, 1, 1)).reveal())
    assert age("-d", "-i", key, data=sealed(data, ALICE, BOB)) == data


@pytest.mark.parametrize("size", SIZES)
def test_decryptor_when_age_itself_wrote_it_opens_it(size: int, key_path: Path) -> None:
    data, identity = os.urandom(size), parse_identity(Secret(key_path.read_text()))
    stored = age("-r", str(identity.recipient), "-r", str(ALICE.recipient), data=data)
    assert opened(stored, identity) == data
    assert opened(stored, EVE, ALICE) == data
    assert parse_recipient(str(identity.recipient)).raw == identity.recipient.raw


def test_decryptor_when_no_key_fits_says_so() -> None:
    with pytest.raises(KeyMissingError, match="None of the private keys"):
        opened(sealed(b"secret", ALICE, BOB), EVE)
    with pytest.raises(KeyMissingError):
        list(pieces([decryptor(())], [sealed(b"secret")]))


def test_decryptor_when_a_passphrase_is_needed_says_so() -> None:
    stanza = b"-> scrypt bBjlhJVYZeE4aqUdmtRHfw 15\nZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n"
    with pytest.raises(KeyMissingError, match="passphrase"):
        opened(b"age-encryption.org/v1\n" + stanza + b"--- " + b"A" * 43 + b"\n" + bytes(32))


def test_decryptor_when_any_byte_is_changed_refuses_it_all() -> None:
    plain = b"the whole backup"
    stored = sealed(plain, ALICE)
    for position in range(len(stored)):
        for bit in (0x01, 0x20, 0x80):
            altered = bytearray(stored)
            altered[position] ^= bit
            with pytest.raises(RestoreError):
                opened(bytes(altered))


def test_decryptor_when_cut_off_anywhere_refuses_it() -> None:
    stored = sealed(os.urandom(100), ALICE, BOB)
    for length in range(len(stored)):
        with pytest.raises(IntegrityError):
            opened(stored[:length])


@pytest.mark.parametrize("length", [CHUNK + 16, CHUNK + 17, CHUNK, 2 * (CHUNK + 16), 2 * (CHUNK + 16) + 1])
def test_decryptor_when_cut_off_at_a_chunk_refuses_it(length: int) -> None:
    data = os.urandom(3 * CHUNK)
    stored = sealed(data)
    head = len(stored) - 3 * (CHUNK + 16)
    transform = decryptor([ALICE])
    out: list[bytes] = []
    with pytest.raises(IntegrityError, match=r"(altered, damaged or cut off|too early)"):
        out.extend(pieces([transform], cut(stored[: head + length], 70_000)))
    assert data.startswith(b"".join(out))


def test_decryptor_when_something_follows_refuses_it() -> None:
    for size in (0, 5, CHUNK):
        with pytest.raises(IntegrityError):
            opened(sealed(os.urandom(size)) + b"x")
        with pytest.raises(IntegrityError):
            opened(sealed(os.urandom(size)) * 2)


def test_decryptor_when_chunks_change_places_refuses_them() -> None:
    stored, size = sealed(os.urandom(3 * CHUNK)), CHUNK + 16
    head = len(stored) - 3 * size
    one, two, three = (stored[head + n * size : head + (n + 1) * size] for n in range(3))
    for order in ((two, one, three), (one, three), (one, two, two), (three,)):
        with pytest.raises(IntegrityError):
            opened(stored[:head] + b"".join(order))


def test_decryptor_when_a_later_chunk_is_altered_gives_only_what_came_before() -> None:
    data = os.urandom(5 * CHUNK)
    stored = bytearray(sealed(data))
    stored[-2 * CHUNK] ^= 1
    out: list[bytes] = []
    with pytest.raises(IntegrityError, match="Chunk 4 "):
        out.extend(pieces([decryptor([ALICE])], [bytes(stored)]))
    assert b"".join(out) in (b"", data[: 3 * CHUNK])


def test_decryptor_when_the_header_has_no_end_refuses_it_before_memory_fills() -> None:
    endless = b"age-encryption.org/v1\n-> X25519 " + b"A" * MAX_HEADER
    with pytest.raises(IntegrityError, match="no end"):
        next(iter(decryptor([ALICE]).update(endless)))


def test_encryptor_when_used_twice_never_gives_the_same_bytes() -> None:
    one, two = sealed(bytes(1000)), sealed(bytes(1000))
    assert one[-1016:] != two[-1016:]
    assert one[:80] != two[:80]


@pytest.mark.parametrize("make", [lambda: encryptor([ALICE.recipient]), lambda: decryptor([ALICE])])
def test_transforms_when_a_large_chunk_comes_give_pieces_of_a_mebibyte(make: Callable[[], Transform]) -> None:
    whole, transform = sealed(bytes(24 * MIB)), make()
    chunks = [whole[:1000], whole[1000:]]
    tracemalloc.start()
    try:
        biggest = max(len(piece) for piece in pieces([transform], chunks))
        assert biggest <= MIB + 16 * 16
        assert tracemalloc.get_traced_memory()[1] < 6 * MIB
    finally:
        tracemalloc.stop()


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_check_opens_when_a_key_fits_reads_the_header_only() -> None:
    stored = sealed(os.urandom(MIB))
    read: list[int] = []

    async def watched() -> AsyncIterator[bytes]:
        for number, chunk in enumerate(cut(stored, 100)):
            read.append(number)
            yield chunk

    await check_opens(watched(), [EVE, ALICE])
    assert len(read) < 5


async def test_check_opens_when_it_is_none_or_another_key_is_needed_says_which() -> None:
    with pytest.raises(KeyMissingError):
        await check_opens(parts(sealed(b"x")), [EVE])
    with pytest.raises(IntegrityError, match="too early"):
        await check_opens(parts(sealed(b"x")[:50]), [ALICE])
    with pytest.raises(IntegrityError, match="does not begin with"):
        await check_opens(parts(b"\x1f\x8b\x08", bytes(99)), [ALICE])


async def test_through_when_encrypted_in_a_thread_gives_the_same_bytes() -> None:
    data = os.urandom(3 * MIB)
    with ThreadPoolExecutor(1) as executor:
        steps = [encryptor([ALICE.recipient]), decryptor([ALICE])]
        assert await gather(through(parts(*cut(data, 700_001)), steps, executor)) == data
