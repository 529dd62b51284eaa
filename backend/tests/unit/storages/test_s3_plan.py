"""Sizes of parts, the budget of their memory, settings and profiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbbackup.core.errors import S3Error, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.storages.s3_budget import PartBudget
from dbbackup.storages.s3_plan import MAX_OBJECT, MAX_PART, MIN_PART, MiB, part_size, plan_part_size
from dbbackup.storages.s3_settings import Profile, S3Settings

GiB = 1 << 30


@pytest.mark.parametrize(
    ("expected", "options", "size"),
    [
        (None, {}, 8 * MiB),
        (None, {"equal_parts": True}, 16 * MiB),
        (0, {}, 8 * MiB),
        (60 * GiB, {}, 8 * MiB),
        (70 * GiB, {}, 16 * MiB),
        (1 << 40, {}, 136 * MiB),
        (MAX_OBJECT, {}, 528 * MiB),
        (MAX_OBJECT, {"max_parts": 1000}, 5 * GiB),
        (70 * GiB, {"equal_parts": True}, 16 * MiB),
        (20 * GiB, {"max_parts": 1000}, 32 * MiB),
    ],
)
def test_plan_part_size(expected: int | None, options: dict[str, int], size: int) -> None:
    assert plan_part_size(expected, **options) == size  # type: ignore[arg-type]


@given(st.integers(0, MAX_OBJECT), st.booleans())
def test_the_plan_holds_the_expected_size(expected: int, equal: bool) -> None:
    size = plan_part_size(expected, equal_parts=equal)
    assert size * 10_000 >= expected
    assert size % MIN_PART == 0
    assert MIN_PART <= size <= MAX_PART


def test_parts_that_outgrow_the_plan_reach_five_tebibytes() -> None:
    sizes = [part_size(number, 8 * MiB) for number in range(1, 10_001)]
    assert sizes[:5000] == [8 * MiB] * 5000
    assert (sizes[5000], sizes[5500]) == (16 * MiB, 32 * MiB)
    assert sizes == sorted(sizes)
    assert max(sizes) <= MAX_PART
    assert sum(sizes) >= MAX_OBJECT


def test_equal_parts_never_grow_and_end_with_a_clear_error() -> None:
    assert {part_size(number, 16 * MiB, equal_parts=True) for number in range(1, 10_001)} == {16 * MiB}
    with pytest.raises(S3Error, match="outgrew its plan"):
        part_size(10_001, 16 * MiB, equal_parts=True)


def test_budget_shares_fairly_and_never_exceeds_its_capacity() -> None:
    budget = PartBudget(32)
    with budget.lease() as first:
        assert [first.take(8) for _ in range(5)] == [True] * 4 + [False]
        with budget.lease() as second:
            assert not second.take(8)
            first.give_back(8)
            assert not first.take(8)
            assert second.take(8)
            assert budget.used == 32
        assert first.take(8)
    assert budget.used == 0


def test_budget_when_uploads_become_more_then_less_is_left_for_their_parts() -> None:
    budget = PartBudget(24, upload_cost=4)
    with budget.lease() as first:
        assert [first.take(8) for _ in range(4)] == [True, True, True, False]
        with budget.lease() as second, budget.lease() as third:
            first.give_back(16)
            assert [second.take(8), third.take(8), first.take(8)] == [True, False, False]
    assert budget.used == 0


def settings(**changes: object) -> S3Settings:
    values: dict[str, object] = {"id": "x", "bucket": "b", "access_key": Secret("a"), "secret_key": Secret("s")}
    return S3Settings(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "http://minio:9000"},
        {"endpoint": "minio:9000"},
        {"endpoint": "ftp://minio"},
        {"endpoint": "https://"},
        {"endpoint": "https://[broken"},
        {"endpoint": "https://user:pass@minio"},
        {"endpoint": "https://minio/?x=1"},
        {"prefix": "/a"},
        {"prefix": "a/../b"},
    ],
)
def test_settings_that_cannot_be_right_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


def test_http_is_possible_when_allowed() -> None:
    assert settings(endpoint="http://minio:9000", allow_http=True).host == "minio:9000"


@pytest.mark.parametrize(("prefix", "folder"), [("", ""), ("a", "a/"), ("a/b/", "a/b/")])
def test_prefix_becomes_a_folder(prefix: str, folder: str) -> None:
    assert settings(prefix=prefix).folder == folder


@pytest.mark.parametrize(
    ("changes", "profile"),
    [
        ({}, Profile()),
        ({"endpoint": "https://x.r2.cloudflarestorage.com"}, Profile(equal_parts=True)),
        ({"endpoint": "https://s3.fr-par.scw.cloud:443"}, Profile(max_parts=1000, checksum="md5")),
        ({"endpoint": "https://notscw.cloud.example"}, Profile()),
        (
            {"equal_parts": True, "max_parts": 5, "checksum": "md5", "conditional_writes": False},
            Profile(True, 5, "md5", False),
        ),
    ],
)
def test_profile_is_the_services_own_unless_set(changes: dict[str, object], profile: Profile) -> None:
    assert settings(**changes).profile() == profile


SERVICES = {
    "amazon": None,
    "r2": "https://x.r2.cloudflarestorage.com",
    "scaleway": "https://s3.fr-par.scw.cloud",
    "backblaze": "https://s3.eu-central-003.backblazeb2.com",
    "google": "https://storage.googleapis.com",
}


def parts_of(size: int, expected: int | None, profile: Profile) -> list[tuple[int, int]]:
    """Return how an object of that size is cut: runs of (number of parts, size), the last one perhaps shorter."""
    base = plan_part_size(expected, profile.max_parts, equal_parts=profile.equal_parts)
    runs: list[tuple[int, int]] = []
    number, left = 1, size
    while left > 0:
        length = part_size(number, base, profile.max_parts, equal_parts=profile.equal_parts)
        # All parts of one doubling have one size: no need to walk through ten thousand of them.
        step = 1 if profile.max_parts < 100 else profile.max_parts // 20 - (number - 1) % (profile.max_parts // 20)
        count = min(step, -(-left // length))
        runs.append((count, length))
        number, left = number + count, left - count * length
    return runs


@pytest.mark.parametrize("service", SERVICES)
@given(data=st.data())
def test_every_service_takes_what_was_expected_and_a_quarter_more(service: str, data: st.DataObject) -> None:
    profile = settings(endpoint=SERVICES[service]).profile()
    largest = min(MAX_OBJECT, profile.max_parts * MAX_PART)
    expected = data.draw(st.integers(0, largest) | st.sampled_from([largest, 5 * MiB, 78 * GiB, 1 << 40]))
    size = data.draw(st.integers(0, min(largest, expected + expected // 4)))
    runs = parts_of(size, expected, profile)
    assert sum(count for count, _ in runs) <= profile.max_parts
    assert all(MIN_PART <= length <= MAX_PART for _, length in runs)
    if profile.equal_parts:
        assert len({length for _, length in runs}) <= 1


@pytest.mark.parametrize(("service", "largest"), [("amazon", MAX_OBJECT), ("r2", 156 * GiB), ("scaleway", 500 * GiB)])
def test_what_nobody_expected_fits_up_to_the_size_the_docs_name(service: str, largest: int) -> None:
    profile = settings(endpoint=SERVICES[service]).profile()
    assert sum(count for count, _ in parts_of(largest, None, profile)) <= profile.max_parts


@pytest.mark.parametrize("key", ["", "short", "A" * 44, "ü" * 44, "QUJD", "A" * 42 + "!="])
def test_customer_key_that_is_not_32_bytes_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(ValidationError, match="32 bytes in base64") as caught:
        settings(sse="SSE-C", customer_key=Secret(key))
    assert caught.value.details[0].field == "customerKey"
    assert len(key) < 5 or key not in caught.value.message
