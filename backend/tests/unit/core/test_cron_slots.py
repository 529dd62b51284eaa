from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from dbbackup.core.cron_slots import cron_problem, slots_after


@pytest.mark.parametrize("expression", ["0 3 * * *", "*/15 * * * *", "0 4 1 * *", "30 2 * * 7"])
def test_cron_problem_when_it_can_be_used_then_none(expression: str) -> None:
    assert cron_problem(expression) is None


@pytest.mark.parametrize("expression", ["", "often", "0 3 * *", "0 3 * * * *", "61 3 * * *", "0 3 31 2 *", "@daily"])
def test_cron_problem_when_it_cannot_be_used_then_words(expression: str) -> None:
    assert cron_problem(expression)


def test_slots_when_the_clocks_change_then_each_moment_once_and_in_order() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for start in (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)):
        for expression in ("30 2 * * *", "0 * * * *", "*/20 * * * *"):
            slots = list(islice(slots_after(expression, berlin, start), 300))
            assert slots == sorted(set(slots))
            assert slots[0] > start
