"""Counting, hashing, and holding the end back."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.errors import IntegrityError
from dbbackup.pipeline.meter import Meter, Verifier
from dbbackup.pipeline.stream import Transform, _chain, _ending

CHUNKS = [b"first", b"second", b"third"]
PLAIN = b"".join(CHUNKS)


def verifier(expected: bytes = PLAIN, told: list[int] | None = None) -> Verifier:
    on_bytes = None if told is None else told.append
    return Verifier("x.dump.gz", len(expected), sha256(expected).hexdigest(), on_bytes)


@settings(deadline=None)
@given(st.lists(st.binary()))
def test_meter_when_bytes_pass_counts_and_hashes_them(chunks: list[bytes]) -> None:
    told: list[int] = []
    meter = Meter(told.append)
    passed = [piece for chunk in chunks for piece in meter.update(chunk)]
    assert passed == chunks
    assert list(meter.finish()) == []
    assert (meter.size, meter.sha256) == (len(b"".join(chunks)), sha256(b"".join(chunks)).hexdigest())
    assert told == [len(b"".join(chunks[: i + 1])) for i in range(len(chunks))]


def test_verifier_when_all_is_right_holds_the_last_chunk_until_the_end() -> None:
    told: list[int] = []
    check = verifier(told=told)
    assert [list(check.update(chunk)) for chunk in CHUNKS] == [[b""], [b"first"], [b"second"]]
    assert list(check.finish()) == [b"third"]
    assert told == [5, 11, 16]


def test_verifier_when_nothing_is_expected_and_nothing_comes_ends() -> None:
    assert b"".join(verifier(b"").finish()) == b""


@pytest.mark.parametrize("chunks", [[b"first", b"second", b"thirD"], CHUNKS[:2], [], [b"second", b"first", b"third"]])
def test_verifier_when_the_bytes_are_others_never_lets_the_last_chunk_go(chunks: list[bytes]) -> None:
    check = verifier()
    for chunk in chunks:
        check.update(chunk)
    with pytest.raises(IntegrityError, match=r"^x\.dump\.gz is not what was written"):
        check.finish()


def test_verifier_when_more_comes_than_expected_refuses_at_once() -> None:
    check = verifier()
    for chunk in CHUNKS:
        check.update(chunk)
    with pytest.raises(IntegrityError):
        check.update(b"!")


def test_verifier_when_empty_pieces_follow_keeps_the_last_real_one() -> None:
    class Chatty:
        """Gives empty pieces after each real one, as a decompressor does at the end of its data."""

        def update(self, chunk: bytes) -> list[bytes]:
            return [chunk, b"", b""]

        def finish(self) -> list[bytes]:
            return [b""]

    transforms: list[Transform] = [Chatty(), verifier(b"something else, of 16")]
    got = [piece for chunk in CHUNKS for piece in _chain(transforms, iter((chunk,)))]
    with pytest.raises(IntegrityError):
        got += list(_ending(transforms))
    assert b"".join(got) == b"firstsecond"
