"""Keys of the age format: read as age reads them, written as age-keygen writes them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bech32 import bech32_encode, convertbits

from dbbackup.core.age_keys import Identity, key_file, parse_identity, parse_recipient
from dbbackup.core.errors import ValidationError
from dbbackup.core.secret import Secret


def test_identity_when_age_keygen_made_it_then_read_with_the_same_recipient(tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    shown = subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()
    text = path.read_text()
    identity = parse_identity(Secret(text))
    assert str(identity.recipient) == shown
    assert identity.reveal().reveal() in text
    made = datetime.fromisoformat(text.splitlines()[0].removeprefix("# created: ")).astimezone(UTC)
    assert key_file(identity, made).reveal().splitlines()[1:] == text.splitlines()[1:]


def test_key_file_when_written_then_it_comes_back() -> None:
    identity = Identity.generate()
    text = key_file(identity, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert text.reveal().startswith("# created: 2026-01-02T03:04:05Z\n# public key: age1")
    for form in (text.reveal(), text.reveal().replace("\n", "\r\n"), f"\t {identity.reveal().reveal()} "):
        assert parse_identity(Secret(form)).recipient.raw == identity.recipient.raw


def encoded(prefix: str, size: int) -> str:
    return bech32_encode(prefix, convertbits(bytes(size), 8, 5) or [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1qqqq",
        "# only a comment",
        Identity.generate().reveal().reveal().lower(),
        Identity.generate().reveal().reveal()[:-1],
        Identity.generate().reveal().reveal() + "\n" + Identity.generate().reveal().reveal(),
        encoded("age-secret-key-", 31).upper(),
        encoded("age-secret-key-pq-", 32).upper(),
    ],
    # Some are made anew by each worker, and all must name their tests alike.
    ids=["empty", "recipient", "comment", "lower case", "cut", "two", "short", "other kind"],
)
def test_identity_when_it_is_none_then_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_identity(Secret(text))
    assert [detail.field for detail in caught.value.details] == ["identity"]
    assert not text or text not in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["", "age1", str(Identity.generate().recipient).upper(), encoded("age", 33), encoded("bge", 32), "ssh-rsa AAAA"],
    ids=["empty", "short", "upper case", "long", "other prefix", "ssh"],
)
def test_recipient_when_it_is_none_then_refused(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_recipient(text)
    assert [detail.field for detail in caught.value.details] == ["recipient"]
