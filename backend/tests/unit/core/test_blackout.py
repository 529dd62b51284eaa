"""Blackout windows: within a day, over midnight, in zones of their own, across a change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dbbackup.core.blackout import Blackout, parse
from dbbackup.core.errors import ValidationError

BERLIN = ZoneInfo("Europe/Berlin")


def windows(*given: dict[str, Any]) -> Blackout:
    return parse(given, BERLIN)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-11-27T08:59:59", False),  # Friday
        ("2026-11-27T09:00:00", True),
        ("2026-11-27T17:29:59", True),
        ("2026-11-27T17:30:00", False),
        ("2026-11-28T12:00:00", False),  # Saturday
    ],
)
def test_covers_when_within_a_day_then_from_start_to_before_end(moment: str, covered: bool) -> None:
    window = windows({"days": ["mon", "fri"], "start": "09:00", "end": "17:30"})
    assert window.covers(local(moment)) is covered
    assert window.end(local(moment)) == local("2026-11-27T17:30:00" if covered else moment)


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-11-27T21:59:00", False),
        ("2026-11-27T22:00:00", True),
        ("2026-11-28T05:59:00", True),  # began on Friday
        ("2026-11-28T06:00:00", False),
        ("2026-11-28T23:00:00", False),  # Saturday begins none
        ("2026-11-27T03:00:00", False),  # Thursday began none
    ],
)
def test_covers_when_over_midnight_then_it_belongs_to_the_day_it_began(moment: str, covered: bool) -> None:
    window = windows({"days": ["fri"], "start": "22:00", "end": "06:00"})
    assert window.covers(local(moment)) is covered
    assert window.end(local(moment)) == local("2026-11-28T06:00:00" if covered else moment)


def test_end_when_windows_touch_then_the_end_of_the_last() -> None:
    both = windows({"start": "01:00", "end": "02:00"}, {"start": "02:00", "end": "04:00", "timezone": None})
    assert both.end(local("2026-11-27T01:30:00")) == local("2026-11-27T04:00:00")


def test_end_when_a_window_has_its_own_zone_then_that_one_counts() -> None:
    tokyo = windows({"start": "00:00", "end": "24:00", "days": ["fri"], "timezone": "Asia/Tokyo"})
    assert tokyo.end(datetime(2026, 11, 26, 15, tzinfo=UTC)) == datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert not tokyo.covers(datetime(2026, 11, 26, 14, 59, tzinfo=UTC))


def test_end_when_it_falls_into_the_repeated_hour_then_its_second_coming() -> None:
    window = windows({"start": "01:00", "end": "02:30"})
    assert window.end(local("2026-10-25T01:30:00")) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_end_when_windows_leave_no_time_then_it_still_returns() -> None:
    assert windows({"start": "00:00", "end": "24:00"}).end(local("2026-11-27T01:00:00")) > local("2027-11-27T01:00:00")


@pytest.mark.parametrize(
    ("window", "says"),
    [
        ({"start": "9:00", "end": "10:00"}, "'9:00' is not a time such as 22:30"),
        ({"start": "09:00", "end": "24:01"}, "'24:01'"),
        ({"start": "09:00", "end": "09:00"}, "the same"),
        ({"start": "24:00", "end": "09:00"}, "use 00:00"),
        ({"start": "09:00", "end": "10:00", "days": ["someday"]}, "'someday' is not a day"),
    ],
)
def test_parse_when_a_window_is_bad_then_its_number_and_the_reason(window: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match="Blackout window 2") as caught:
        windows({"start": "01:00", "end": "02:00"}, window)
    assert says in caught.value.message
    assert [detail.field for detail in caught.value.details] == ["blackout"]


def test_parse_when_the_zone_is_unknown_then_refused() -> None:
    with pytest.raises(ValidationError, match="Mars/Base") as caught:
        windows({"start": "01:00", "end": "02:00", "timezone": "Mars/Base"})
    assert [detail.field for detail in caught.value.details] == ["blackout"]
