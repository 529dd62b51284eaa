"""Cron expressions: what is accepted and what it says; what is refused, with place and reason; their days."""

from __future__ import annotations

from datetime import date

import pytest

from dbbackup.core.cron import ALIASES, PRESETS, parse, read
from dbbackup.core.errors import ValidationError


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("0 * * * *", "Every hour"),
        ("0 2 * * *", "At 02:00, every day"),
        ("15 * * * *", "At 15 minutes past the hour"),
        ("0 3 * * 0", "At 03:00, only on Sunday"),
        ("0 4 1 * *", "At 04:00, on day 1 of the month"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("30 2 * * 1-5", "At 02:30, Monday through Friday"),
        ("0 0 1 * 1", "At 00:00, on day 1 of the month, or on Monday"),
        ("0 2 l * *", "At 02:00, on the last day of the month"),
        ("0 2 * * fri#2", "At 02:00, on the second Friday of the month"),
        ("0 2 * * L5", "At 02:00, on the last Friday of the month"),
        ("0 2 15w * ?", "At 02:00, on the weekday nearest day 15 of the month"),
        ("0 2 * jan,jul 7", "At 02:00, only on Sunday, only in January and July"),
        ("  0\t2 * *  * ", "At 02:00, every day"),
        ("@Weekly", "At 00:00, only on Sunday"),
    ],
)
def test_parse_when_the_expression_is_good_then_it_reads_as_english(expression: str, says: str) -> None:
    assert read(parse(expression)) == says


@pytest.mark.parametrize("expression", [*PRESETS.values(), *ALIASES])
def test_parse_when_preset_or_alias_then_accepted(expression: str) -> None:
    assert parse(expression).next_day(date(2026, 1, 1)) is not None


@pytest.mark.parametrize(
    ("expression", "place", "reason"),
    [
        ("0 25 * * *", "Field 2 (hour), position 3", "'25' is not a number from 0 to 23."),
        ("1,5,77 * * * *", "Field 1 (minute), position 5", "'77' is not a number from 0 to 59."),
        ("1,,2 * * * *", "Field 1 (minute), position 3", "a comma too many"),
        ("0 0 0 * *", "Field 3 (day of month), position 5", "'0' is not a number from 1 to 31."),
        ("0 0 * mai *", "Field 4 (month), position 7", "or a name such as feb"),
        ("0 0 * * mom", "Field 5 (day of week), position 9", "or a name such as mon"),
        ("*/0 * * * *", "Field 1 (minute), position 1", "a whole number from 1 to 59, not '0'"),
        ("*/90 * * * *", "Field 1 (minute), position 1", "a whole number from 1 to 59, not '90'"),
        ("*/7.5 * * * *", "Field 1 (minute), position 1", "not '7.5'"),
        ("5/ * * * *", "Field 1 (minute), position 1", "not ''"),
        ("1-70 * * * *", "Field 1 (minute), position 1", "'70'"),
        ("-1 * * * *", "Field 1 (minute), position 1", "'' is not a number"),
        ("\u0663 * * * *", "Field 1 (minute), position 1", "is not a number"),
        ("? * * * *", "Field 1 (minute), position 1", "'?'"),
        ("H 2 * * *", "Field 1 (minute), position 1", "'h'"),
        ("0 0 32w * *", "Field 3 (day of month), position 5", "15W the weekday nearest"),
        ("0 0 L-3 * *", "Field 3 (day of month), position 5", "L is the last day"),
        ("0 0 * * fri#9", "Field 5 (day of week), position 9", "fri#2 the second one"),
        ("0 0 * * L", "Field 5 (day of week), position 9", "L5 is the last Friday"),
        ("0 0 15W * 1", "Fields 3 (day of month) and 5 (day of week)", "the other one must be *"),
        ("0 0 1 * 1#1", "Fields 3 (day of month) and 5 (day of week)", "the other one must be *"),
        ("0 0 15W,3 * *", "This combination is not possible", "'W' can only be used with a single day"),
        ("0 0 31 2 *", "There is no such day", "31 in month 2"),
        ("* * *", "five fields", "this one has 3"),
        ("0 0 2 * * *", "five fields", "this one has 6"),
        ("", "five fields", "this one has 0"),
    ],
)
def test_parse_when_the_expression_is_bad_then_place_and_reason(expression: str, place: str, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(expression)
    assert place in caught.value.message
    assert reason in caught.value.message
    assert [detail.field for detail in caught.value.details] == ["cronExpression"]


def test_every_hour_when_all_hours_are_named_then_it_follows_elapsed_time() -> None:
    assert all(parse(e).every_hour for e in ("0 * * * *", "*/15 0-23 * * *", "5 */1 * * 1"))
    assert not any(parse(e).every_hour for e in ("0 */2 * * *", "0 2 * * *", "* 1-23 * * *"))


def test_next_day_when_rules_are_odd_then_croniters_days() -> None:
    leap, last, either = parse("0 0 29 2 *"), parse("0 0 L * *"), parse("0 0 13 * 5")
    assert leap.next_day(date(2026, 1, 1)) == date(2028, 2, 29)
    assert last.next_day(date(2026, 2, 1)) == date(2026, 2, 28)
    assert last.next_day(date(2026, 2, 28)) == date(2026, 2, 28)
    assert either.next_day(date(2026, 1, 10)) == date(2026, 1, 13)
