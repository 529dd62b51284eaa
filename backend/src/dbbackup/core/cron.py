"""Cron expressions: what is accepted, what is wrong with the rest, what they say in English, on which days they fall.

The dialect is croniter's with five fields. What it refuses it calls "not acceptable"; a person needs the place and the
reason, so those are found here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from cron_descriptor import ExpressionDescriptor, Options
from croniter import CroniterBadDateError, CroniterError, croniter

from dbbackup.core.errors import ValidationError

PRESETS = {"hourly": "0 * * * *", "daily": "0 2 * * *", "weekly": "0 3 * * 0", "monthly": "0 4 1 * *"}
"""The expression of each type of schedule that has one of its own."""
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBER = re.compile(r"\d+", re.ASCII)
_SPECIAL_DAY = re.compile(r"l\S*|\d+w|w\d+", re.ASCII)
_SPECIAL_WEEKDAY = re.compile(r"l\S*|\d+l|\S+#\S*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    special: re.Pattern[str] | None = None


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31, special=_SPECIAL_DAY),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS, special=_SPECIAL_WEEKDAY),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression: minutes and hours as numbers, its days as croniter finds them."""

    expression: str
    """Five fields, an alias already put into words."""
    minutes: tuple[int, ...]
    hours: tuple[int, ...]

    @property
    def every_hour(self) -> bool:
        """Whether it names no hour of its own: such a schedule follows elapsed time."""
        return len(self.hours) == 24

    def next_day(self, day: date) -> date | None:
        """Return the first of its days from `day` on, None when there is none within croniter's fifty years."""
        return _next_day(" ".join(self.expression.split()[2:]), day)


@lru_cache(maxsize=1000)
def parse(expression: str) -> Cron:
    """Parse an expression of five fields, or one of the aliases such as @daily.

    Raises:
        ValidationError: for the field `cronExpression`, naming field, position and reason.
    """
    text = ALIASES.get(expression.strip().lower(), expression)
    tokens = [(m.group().lower(), m.start() + 1) for m in re.finditer(r"\S+", text)]
    if len(tokens) != len(_FIELDS):
        raise _error(
            f"A cron expression has five fields (minute, hour, day of month, month, day of week), this one has"
            f" {len(tokens)}. Example: 30 2 * * 1-5"
        )
    for number, ((token, position), field) in enumerate(zip(tokens, _FIELDS, strict=True), start=1):
        _check_field(number, field, token, position)
    canonical = " ".join(token for token, _ in tokens).upper()
    _refuse_mixed_days(tokens[2][0], tokens[4][0])
    try:
        expanded, _ = croniter.expand(canonical)
    except CroniterError as error:
        # Every field is good by itself: what is left are combinations that croniter does not allow.
        raise _error(f"This combination is not possible: {error}") from error
    cron = Cron(canonical, _numbers(expanded[0], 60), _numbers(expanded[1], 24))
    if cron.next_day(date(2024, 1, 1)) is None:
        raise _error(f"There is no such day: {tokens[2][0]} in month {tokens[3][0]} never comes.")
    return cron


@lru_cache(maxsize=1000)
def read(cron: Cron) -> str:
    """Return the expression in plain English, with 24-hour times.

    Cached like `parse`: the library reads its file of words again for each expression, and a list shows many.
    """
    options = Options()
    options.use_24hour_time_format = True
    # "At 02:00, every day", but not "Every 15 minutes, every hour, every day".
    options.verbose = not cron.every_hour
    return str(ExpressionDescriptor(cron.expression, options).get_full_description())


@lru_cache(maxsize=20_000)
def _next_day(fields: str, day: date) -> date | None:
    """Cached: the calendar is the same in every zone, and a day is asked for once for each of its slots."""
    before = datetime(day.year, day.month, day.day) - timedelta(minutes=1)
    try:
        found: datetime = croniter(f"0 0 {fields}", before).get_next(datetime)
    except CroniterBadDateError:
        return None
    return found.date()


def _numbers(values: list[object], count: int) -> tuple[int, ...]:
    return tuple(range(count)) if values == ["*"] else tuple(v for v in values if isinstance(v, int))


def _check_field(number: int, field: _Field, token: str, position: int) -> None:
    """Raise for the first item of the field that cannot be accepted."""
    for item in token.split(","):
        if reason := _problem(field, item):
            raise _error(f"Field {number} ({field.name}), position {position}: {reason}")
        position += len(item) + 1


def _problem(field: _Field, item: str) -> str | None:
    """Return what is wrong with one item of a field's list."""
    if not item:
        return "there is a comma too many."
    if item == "?" and field.special:
        return None
    if field.special and field.special.fullmatch(item):
        return _special_problem(field, item)
    span, slash, step = item.partition("/")
    if slash and not (_NUMBER.fullmatch(step) and 1 <= int(step) <= field.high):
        return f"the step after / must be a whole number from 1 to {field.high}, not {step!r}."
    if span == "*":
        return None
    for bound in span.split("-", 1):
        if reason := _value_problem(field, bound):
            return reason
    return None


def _refuse_mixed_days(day: str, weekday: str) -> None:
    """Elsewhere two restricted day fields mean either of them; with W or # croniter means both. Say nothing false."""
    if any(mark in day + weekday.partition("#")[1] for mark in "w#") and not {day, weekday} & {"*", "?"}:
        raise _error("Fields 3 (day of month) and 5 (day of week): with W or #, the other one must be *.")


def _value_problem(field: _Field, text: str) -> str | None:
    if text in field.names or (_NUMBER.fullmatch(text) and field.low <= int(text) <= field.high):
        return None
    names = f", or a name such as {field.names[1]}" if field.names else ""
    return f"{text!r} is not a number from {field.low} to {field.high}{names}."


def _special_problem(field: _Field, item: str) -> str | None:
    """L and 15W in the day of month; L5 and fri#2 in the day of week: let croniter judge them."""
    probe, known = (
        (f"0 0 * * {item}", "L5 is the last Friday, fri#2 the second one")
        if field.names
        else (f"0 0 {item} * *", "L is the last day, 15W the weekday nearest to the 15th")
    )
    return None if croniter.is_valid(probe) else f"{item!r} is not understood: {known}."


def _error(message: str) -> ValidationError:
    return ValidationError.of("cronExpression", message)
