"""All public test vectors of the age format: what must open opens, what must be refused is refused for its reason."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from dbbackup.core.age_keys import Identity, parse_identity
from dbbackup.core.errors import AppError, IntegrityError, KeyMissingError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.pipeline.encrypt import decryptor

_ARCHIVE = Path(__file__).parent / "cctv_age" / "testdata.tar.gz"
_CHUNK = 64 * 1024
_HELD_BACK = {
    "stream_no_final_full": 0,
    "stream_no_final_two_chunks_full": 1,
    "stream_trailing_garbage_long": 0,
    "stream_trailing_garbage_short": 0,
    "stream_two_final_chunks": 0,
    "stream_two_final_chunks_full": 0,
    "stream_two_final_chunks_second": 1,
}
"""Here the reference gives one chunk more before it refuses; ours are given only when their place is right, too."""


@dataclass(frozen=True)
class Vector:
    name: str
    expect: str
    payload: str | None
    identities: list[Identity]
    file: bytes

    @property
    def foreign(self) -> bool:
        """Whether it is about what this program does not do: armour, passphrases, post-quantum keys."""
        return self.name.startswith(("armor_", "scrypt", "hybrid"))


def read(name: str, data: bytes) -> Vector:
    head, _, file = data.partition(b"\n\n")
    facts = [line.split(": ", 1) for line in head.decode().splitlines()]
    identities = []
    for key, value in facts:
        if key == "identity":
            try:
                identities.append(parse_identity(Secret(value)))
            except ValidationError:
                assert name.startswith(("hybrid", "armor_hybrid")), name
    named = dict(facts)
    if named.get("compressed") == "zlib":
        file = zlib.decompress(file)
    return Vector(name, named["expect"], named.get("payload"), identities, file)


def vectors() -> list[Vector]:
    with tarfile.open(_ARCHIVE) as archive:
        files = [(member.name.removeprefix("./"), archive.extractfile(member)) for member in archive]
        return [read(name, file.read()) for name, file in files if file]


VECTORS = vectors()


def opened(vector: Vector, step: int) -> tuple[bytes, AppError | None]:
    """Return what came out, and the error that ended it."""
    out, transform = bytearray(), decryptor(vector.identities)
    try:
        for start in range(0, len(vector.file), step):
            for piece in transform.update(vector.file[start : start + step]):
                out += piece
        for piece in transform.finish():
            out += piece
    except AppError as error:
        return bytes(out), error
    return bytes(out), None


def test_vectors_when_counted_then_none_is_missing() -> None:
    assert len(VECTORS) == 143
    assert sum(not vector.foreign for vector in VECTORS) == 67


@pytest.mark.parametrize("vector", [v for v in VECTORS if not v.foreign], ids=lambda v: v.name)
@pytest.mark.parametrize("step", [977, 3_000_000])
def test_vector_when_opened_then_it_ends_as_it_must(vector: Vector, step: int) -> None:
    plain, error = opened(vector, step)
    expected = {"success": type(None), "no match": KeyMissingError}.get(vector.expect, IntegrityError)
    assert type(error) is expected, error
    if error is not None and vector.expect in ("header failure", "HMAC failure"):
        words = "checksum is wrong" if vector.expect == "HMAC failure" else ("header" if vector.file else "cut off")
        assert words in error.message or "cut off" in error.message
    if vector.name in _HELD_BACK:
        assert len(plain) == _HELD_BACK[vector.name] * _CHUNK
    elif vector.payload is not None:
        assert hashlib.sha256(plain).hexdigest() == vector.payload
    else:
        assert not plain


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.foreign], ids=lambda v: v.name)
def test_vector_when_of_a_kind_not_supported_then_refused_in_words(vector: Vector) -> None:
    plain, error = opened(vector, 3_000_000)
    assert plain == b""
    assert isinstance(error, IntegrityError | KeyMissingError)
    if vector.name == "scrypt":
        assert "passphrase" in error.message
    if vector.name == "armor_x25519":
        assert "ASCII armour" in error.message
