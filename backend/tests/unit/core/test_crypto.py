"""A sealed secret opens only where it belongs, with its key, unaltered."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.crypto import ITERATIONS, SALT_BYTES, Sealer, derive_key, key_version, new_salt
from dbbackup.core.errors import InternalError
from dbbackup.core.secret import Secret

KEY = bytes(range(32))
PLACE = {"table": "database_config", "row_id": "r1", "column": "password"}
SEALER = Sealer({1: KEY})


@settings(deadline=None)
@given(st.text())
def test_seal_when_opened_in_its_place_gives_the_secret_back(text: str) -> None:
    sealed = SEALER.seal(Secret(text), **PLACE)
    assert SEALER.open(sealed, **PLACE) == Secret(text)
    assert len(text) < 4 or text not in sealed


@pytest.mark.parametrize("other", [{"table": "s3_config"}, {"row_id": "r2"}, {"column": "tls_key"}])
def test_open_when_copied_to_another_place_refuses(other: dict[str, str]) -> None:
    sealed = SEALER.seal(Secret("geheim"), **PLACE)
    with pytest.raises(InternalError, match="cannot be opened") as caught:
        SEALER.open(sealed, **{**PLACE, **other})
    assert "geheim" not in str(caught.value)


def test_open_when_the_key_is_another_refuses() -> None:
    with pytest.raises(InternalError, match="another ENCRYPTION_KEY"):
        Sealer({1: bytes(32)}).open(SEALER.seal(Secret("geheim"), **PLACE), **PLACE)


def test_open_when_any_bit_is_altered_refuses() -> None:
    data = base64.b64decode(SEALER.seal(Secret("geheim"), **PLACE).removeprefix("v1:"))
    for position in range(len(data) * 8):
        altered = bytearray(data)
        altered[position // 8] ^= 1 << position % 8
        with pytest.raises(InternalError):
            SEALER.open(f"v1:{base64.b64encode(altered).decode()}", **PLACE)


@pytest.mark.parametrize("text", ["", "v1", "v1:", "v1:AAAA", "v2:AAAA", "vx:AAAA", "v1:not base64!", "v1:ünicode"])
def test_open_when_it_is_no_sealed_text_refuses(text: str) -> None:
    with pytest.raises(InternalError):
        SEALER.open(text, **PLACE)


def test_seal_when_repeated_never_uses_a_nonce_twice() -> None:
    sealed = [SEALER.seal(Secret("same"), **PLACE) for _ in range(1000)]
    assert len({base64.b64decode(text[3:])[:12] for text in sealed}) == len(sealed)


def test_sealer_when_a_newer_key_is_there_seals_with_it_and_opens_both() -> None:
    both = Sealer({1: KEY, 2: bytes(32)})
    old, new = SEALER.seal(Secret("old"), **PLACE), both.seal(Secret("new"), **PLACE)
    assert (old[:3], new[:3]) == ("v1:", "v2:")
    assert [both.open(text, **PLACE).reveal() for text in (old, new)] == ["old", "new"]


@pytest.mark.parametrize("passphrase", ["correct horse", "päßwörd 数据", ""])
def test_derive_key_when_compared_with_hashlib_is_the_same(passphrase: str) -> None:
    salt = bytes(range(16))
    expected = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, 1000, 32)
    assert derive_key(Secret(passphrase), salt, 1000) == expected


def test_derive_key_when_nothing_is_said_uses_600000_rounds() -> None:
    assert ITERATIONS == 600_000
    assert derive_key(Secret("x"), b"salt") == hashlib.pbkdf2_hmac("sha256", b"x", b"salt", 600_000, 32)


def test_new_salt_when_asked_twice_differs() -> None:
    assert len(new_salt()) == SALT_BYTES
    assert new_salt() != new_salt()


def test_derive_when_the_purpose_or_the_key_differs_then_so_does_the_result() -> None:
    sealer = Sealer({1: bytes(32), 2: bytes(range(32))})
    assert sealer.derive("a") == Sealer({2: bytes(range(32))}).derive("a")
    assert len({sealer.derive("a"), sealer.derive("b"), Sealer({1: bytes(32)}).derive("a"), bytes(range(32))}) == 4


def test_key_version_when_sealed_is_the_keys_and_of_anything_else_none() -> None:
    sealed = Sealer({12: KEY}).seal(Secret(""), **PLACE)
    assert (key_version(sealed), Sealer({12: KEY}).version) == (12, 12)
    for other in (
        "",
        "v1:",
        "v1:short",
        f"w{sealed}",
        f"{sealed}\n",
        sealed.replace("v12", "v0"),
        "3000",
        "Europe/Paris",
    ):
        assert key_version(other) is None
