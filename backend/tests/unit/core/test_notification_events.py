"""The events hang together: what is raised can be cleared, and what is offered has words."""

from __future__ import annotations

from dbbackup.core.notifications import EVENTS, OFFERED, EventType


def test_events_when_listed_then_each_has_a_kind_with_words() -> None:
    assert set(EVENTS) == set(EventType)
    assert len({kind.label for kind in EVENTS.values()}) == len(EVENTS)


def test_conditions_when_raised_then_some_event_clears_them() -> None:
    raised = {kind.raises for kind in EVENTS.values() if kind.raises}
    cleared = {name for kind in EVENTS.values() for name in kind.clears}
    assert raised == cleared


def test_offered_when_listed_then_only_those_that_clear_and_the_test_are_missing() -> None:
    assert {event for event in EventType if event not in OFFERED} == {
        EventType.DATABASE_PROTECTED,
        EventType.DISK_RECOVERED,
        EventType.S3_RECOVERED,
        EventType.RETENTION_RECOVERED,
        EventType.WORKER_RECOVERED,
        EventType.TEST,
    }
