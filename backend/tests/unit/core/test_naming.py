"""Names are plain ASCII, carry their ids, and can be read back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.naming import (
    FILE_NAME,
    INSTANCE_LENGTH,
    RUN_LENGTH,
    backup_stem,
    new_id,
    random_token,
    slug,
    storage_folder,
)

AT = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)


@settings(deadline=None)
@given(st.text(), st.integers(2, 80))
def test_slug_when_made_of_anything_is_plain_and_bounded(name: str, length: int) -> None:
    made = slug(name, length)
    assert re.fullmatch(r"[a-z0-9_]+", made)
    assert len(made) <= length
    assert slug(made, length) == made


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("My Shop (prod)", "my_shop_prod"),
        ("Müller & Söhne", "muller_sohne"),
        ("数据库", "db"),
        ("", "db"),
        ("../../etc/passwd", "etc_passwd"),
        ("a" * 100, "a" * 63),
        ("a" * 62 + "_b", "a" * 62),
    ],
)
def test_slug_when_given_a_name_makes_it_readable(name: str, made: str) -> None:
    assert slug(name) == made


@settings(deadline=None)
@given(st.text(), st.sampled_from(["manual", "scheduled"]), st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1)))
def test_file_name_when_built_can_be_read_back(name: str, type_: str, at: datetime) -> None:
    instance, run = random_token(INSTANCE_LENGTH), random_token(RUN_LENGTH)
    for rest in (".dump", ".dump.gz", ".globals.sql.zst", ".dump.gz.json"):
        found = FILE_NAME.match(backup_stem(slug(name), type_, at, instance, run) + rest)
        assert found
        assert found.groupdict() == {
            "slug": slug(name),
            "type": type_,
            "date": f"{at:%Y%m%d}",
            "time": f"{at:%H%M%S}",
            "instance": instance,
            "run": run,
            "rest": rest,
        }


@pytest.mark.parametrize(
    "name",
    [
        "shop_manual_20261102_030405_abcdabcdefgh",
        "shop_manual_20261102_030405_abcdabcdefg.dump",
        "shop_manual_2026110_030405_abcdabcdefgh.dump",
        "Shop_manual_20261102_030405_abcdabcdefgh.dump",
        "shop_manual_20261102_030405_abc1abcdefgh.dump",
        "shop_manual_20261102_030405_abcdabcdefgh.dump\n",
        "x/shop_manual_20261102_030405_abcdabcdefgh.dump",
        "shop_manual_20261102_030405_abcdabcdefgh.",
    ],
)
def test_file_name_when_it_is_not_ours_does_not_match(name: str) -> None:
    assert FILE_NAME.match(name) is None


def test_stem_and_folder_when_made_are_as_documented() -> None:
    assert backup_stem("shop", "manual", AT, "abcd", "efghefgh") == "shop_manual_20261102_030405_abcdefghefgh"
    assert storage_folder("shop", AT) == "shop/2026/11"


def test_random_token_when_made_holds_no_letters_that_look_alike() -> None:
    token = random_token(5000)
    assert len(token) == 5000
    assert set(token) == set("abcdefghijkmnpqrstuvwxyz23456789")


def test_new_id_when_made_one_after_the_other_sorts_by_time() -> None:
    ids = [new_id() for _ in range(200)]
    assert ids == sorted(set(ids))
    assert {UUID(made).version for made in ids} == {7}
