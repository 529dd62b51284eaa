"""The spans of time that a history is cut into."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dbbackup.core.spans import EVERYTHING, Span, coarse_spans, fine_spans, spans_of_days, spans_of_quarters

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
Cut = Callable[[datetime], list[Span]]


@pytest.mark.parametrize("cut", [fine_spans, coarse_spans, spans_of_days, spans_of_quarters])
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
    lengths = [span.end - span.begin for span in fine_spans(now) if span.begin and span.end]
    assert lengths == [timedelta(weeks=4)] * 13 + [timedelta(weeks=1)] * 11 + [DAY] * 4 + [timedelta(hours=6)] * 2
    assert fine_spans(now)[-1] == Span(datetime(2026, 11, 27, 12, tzinfo=UTC), None)


def test_fine_spans_when_weeks_go_on_then_months_stay() -> None:
    for week in range(60):
        now = MONDAY + timedelta(weeks=week)
        before = [span for span in fine_spans(now) if span.begin and span.end and span.end - span.begin > WEEK]
        after = fine_spans(now + WEEK)
        assert len(before) == 13
        assert len(set(before) - set(after)) <= 1
        assert 8 <= sum(span.end - span.begin == WEEK for span in after if span.begin and span.end) <= 12


def test_fine_spans_when_a_week_begins_then_there_are_weeks_alone() -> None:
    assert fine_spans(MONDAY)[-2:] == [Span(MONDAY - timedelta(weeks=1), MONDAY), Span(MONDAY, None)]


def test_spans_of_quarters_then_the_last_weeks_are_quarters_of_days_and_a_year_is_weeks() -> None:
    spans = spans_of_quarters(datetime(2026, 11, 27, 15, 30, tzinfo=UTC))
    lengths = [span.end - span.begin for span in spans if span.begin and span.end]
    assert lengths == [*[timedelta(weeks=1)] * 45, *[timedelta(hours=6)] * (4 * (8 * 7 + 4) + 2)]
    assert spans[0].end == MONDAY - timedelta(weeks=53)


def test_spans_of_days_when_weeks_go_on_then_those_of_the_past_stay() -> None:
    spans = spans_of_days(datetime(2026, 11, 27, 15, 30, tzinfo=UTC))
    lengths = [span.end - span.begin for span in spans if span.begin and span.end]
    weeks = lengths.count(WEEK)
    assert 45 <= weeks <= 48
    assert lengths == [*[timedelta(weeks=4)] * 129, *[WEEK] * weeks, *[DAY] * (8 * 7 + 4)]
    assert spans[-1].begin == datetime(2026, 11, 27, tzinfo=UTC)
    for week in range(60):
        before, after = (set(spans_of_days(MONDAY + timedelta(weeks=week + more))) for more in (0, 1))
        # Seven days that become a week, four weeks that become a month at times, the last span, and the oldest two.
        assert len(before - after) <= 7 + 4 + 1 + 2


@pytest.mark.parametrize(
    ("span", "answer"),
    [
        (Span(None, MONDAY), True),
        (Span(MONDAY, MONDAY + timedelta(days=1)), True),
        (Span(MONDAY, MONDAY + timedelta(hours=6)), False),
        (Span(MONDAY + timedelta(hours=6), MONDAY + timedelta(days=1)), False),
        (Span(MONDAY, None), False),
        (EVERYTHING, False),
    ],
)
def test_of_days_when_it_begins_and_ends_at_midnight_then_it_is(span: Span, answer: bool) -> None:
    assert span.of_days is answer
