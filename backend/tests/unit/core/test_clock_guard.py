from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dbbackup.core.clock_guard import LEAP, PATIENCE, Seen, leapt, look

SEEN = Seen(datetime(2026, 11, 25, tzinfo=UTC))
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("ahead", [timedelta(), MINUTE, LEAP])
def test_clock_when_it_goes_on_then_believed_and_remembered(ahead: timedelta) -> None:
    now = SEEN.latest + ahead
    assert not leapt(now, SEEN)
    assert look(now, SEEN, MINUTE) == Seen(now)


@pytest.mark.parametrize("ahead", [LEAP + MINUTE, timedelta(days=3000)])
def test_clock_when_it_leaps_then_neither_believed_nor_remembered(ahead: timedelta) -> None:
    assert leapt(SEEN.latest + ahead, SEEN)
    assert look(SEEN.latest + ahead, SEEN, timedelta(days=99)) == SEEN


def test_clock_when_it_falls_back_a_little_then_the_later_moment_stays() -> None:
    assert look(SEEN.latest - timedelta(days=1), SEEN, MINUTE) == SEEN


def test_clock_when_it_falls_back_far_then_the_later_moment_stays_until_a_day_has_passed() -> None:
    now = datetime(1970, 1, 1, tzinfo=UTC)
    seen = look(now, SEEN, MINUTE)
    assert seen == Seen(SEEN.latest, behind=MINUTE)
    assert look(SEEN.latest, seen, MINUTE) == SEEN
    assert look(now, seen, PATIENCE) == Seen(now)
