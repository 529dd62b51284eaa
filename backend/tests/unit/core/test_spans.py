"""The spans of time that a history is cut into."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dbbackup.core.spans import EVERYTHING, Span, coarse_spans, fine_spans

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
Cut = Callable[[datetime], list[Span]]


@pytest.mark.parametrize("cut", [fine_spans, coarse_spans])
def test_spans_at_any_time_then_each_moment_is_in_one_of_them(cut: Cut) -> None:
    chance = random.Random(3)
    for _ in range(300):
        now = MONDAY + timedelta(seconds=chance.randrange(14 * 86400))
        moments = [now - timedelta(hours=chance.random() * 2500) for _ in range(20)]
        for moment in (None, now, now + timedelta(hours=1), *moments):
            assert sum(span.holds(moment) for span in cut(now)) == 1
        assert [a.end for a in cut(now)[:-1]] == [b.begin for b in cut(now)[1:]]


def test_fine_spans_when_time_goes_on_then_those_of_the_past_stay_for_a_day() -> None:
    now = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
    assert fine_spans(now) == fine_spans(now + timedelta(hours=2))
    assert fine_spans(now)[:-1] == fine_spans(now + timedelta(hours=3))[:-2]
    assert len(fine_spans(now)) - 1 == 8 + 1 + 4 + 2  # weeks, what was before them is one, days, quarters of a day
    assert fine_spans(now)[-1] == Span(datetime(2026, 11, 27, 12, tzinfo=UTC), None)
    assert fine_spans(now)[0] == Span(None, MONDAY - timedelta(weeks=8))


def test_fine_spans_when_a_week_begins_then_there_are_weeks_alone() -> None:
    assert fine_spans(MONDAY)[-2:] == [Span(MONDAY - timedelta(weeks=1), MONDAY), Span(MONDAY, None)]


@pytest.mark.parametrize(
    ("span", "left"),
    [
        (Span(None, MONDAY), None),
        (Span(None, MONDAY + timedelta(days=1)), Span(MONDAY, MONDAY + timedelta(days=1))),
        (Span(MONDAY, None), Span(MONDAY, None)),
        (EVERYTHING, Span(MONDAY, None)),
    ],
)
def test_since_when_a_span_begins_before_then_the_rest_of_it_is_left(span: Span, left: Span | None) -> None:
    assert span.since(MONDAY) == left
