"""No secret survives masking, and nothing else is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.masking import MASK, Masker
from dbbackup.core.secret import Secret


@settings(deadline=None)
@given(st.text(), st.text(min_size=4), st.text())
def test_mask_when_the_secret_is_known_never_shows_it(before: str, secret: str, after: str) -> None:
    masked = Masker([Secret(secret)]).mask(before + secret + after)
    assert secret not in masked.replace(MASK, "") or secret in (before + after)
    assert MASK in masked


def test_mask_when_one_secret_holds_another_leaves_no_rest() -> None:
    assert Masker([Secret("abc"), Secret("abcdef")]).mask("x abcdef y abc") == "x *** y ***"


def test_mask_when_a_secret_is_empty_changes_nothing() -> None:
    assert Masker([Secret("")]).mask("plain text") == "plain text"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://me:pw1@db/x", "postgresql://me:***@db/x"),
        ("mongodb+srv://u:p%40w@h", "mongodb+srv://u:***@h"),
        ("redis://:only@h/0", "redis://:***@h/0"),
        ("host=h password=pw1 user=u", "host=h password=*** user=u"),
        ("password='it\\'s, long' user=u", "password=*** user=u"),
        ("PASSWD = pw1, next", "PASSWD = ***, next"),
        ("pwd=pw1;x", "pwd=***;x"),
        ("secret=pw1", "secret=***"),
        ("PGPASSWORD=pw1 pg_dump", "PGPASSWORD=*** pg_dump"),
        ("aws_secret_access_key = pw1", "aws_secret_access_key = ***"),
    ],
)
def test_mask_when_it_looks_like_a_password_hides_it(text: str, masked: str) -> None:
    assert Masker().mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        'connection to server at "h", port 5432 failed',
        "https://h:443/path",
        "password authentication failed for user",
        "dumping contents of table public.secrets",
    ],
)
def test_mask_when_there_is_no_secret_changes_nothing(text: str) -> None:
    assert Masker([Secret("s3cr3t")]).mask(text) == text
