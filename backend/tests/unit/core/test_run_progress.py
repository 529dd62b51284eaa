"""Counters become rates and estimates that do not lie."""

from __future__ import annotations

import pytest

from dbbackup.core.progress import RunProgress


def test_view_when_bytes_flow_gives_rate_and_remaining_time() -> None:
    progress = RunProgress("backup", bytes_total=1000)
    progress.view(now=100.0)
    progress.bytes_read = 300
    view = progress.view(now=103.0)
    assert (view.bytes_per_second, view.eta_seconds) == (100.0, 7.0)


def test_view_when_older_than_the_window_forgets() -> None:
    progress = RunProgress("backup")
    for second in range(11):
        progress.bytes_read = second * 10 if second <= 5 else 50
        view = progress.view(now=float(second))
    assert view.bytes_per_second == 0.0
    assert view.eta_seconds is None


def test_view_when_restoring_counts_what_was_read_from_the_storage() -> None:
    progress = RunProgress("backup", bytes_total=200, total_counts_written=True)
    progress.view(now=0.0)
    progress.bytes_read, progress.bytes_written = 9999, 100
    view = progress.view(now=2.0)
    assert (view.bytes_per_second, view.eta_seconds) == (50.0, 2.0)


@pytest.mark.parametrize(("total", "eta"), [(None, None), (50, None), (100, 0.0)])
def test_view_when_the_total_is_unknown_or_outgrown_gives_no_false_end(total: int | None, eta: float | None) -> None:
    progress = RunProgress("backup", bytes_total=total)
    progress.view(now=0.0)
    progress.bytes_read = 100
    assert progress.view(now=1.0).eta_seconds == eta


def test_view_when_taken_first_has_no_rate_and_is_a_copy() -> None:
    progress = RunProgress("backup", bytes_total=10, tables_total=3)
    progress.bytes_uploaded["c1"] = 5
    view = progress.view()
    progress.bytes_uploaded["c1"] = 6
    assert (view.bytes_per_second, view.eta_seconds, view.bytes_uploaded) == (0.0, None, {"c1": 5})
    assert (view.stage, view.tables_total, view.bytes_total) == ("Waiting", 3, 10)


def test_tables_when_worked_through_are_counted_once_each() -> None:
    progress = RunProgress("backup")
    progress.finish_tables()
    assert progress.tables_done == 0
    progress.start_table("public.a")
    assert (progress.tables_done, progress.current_table) == (0, "public.a")
    progress.start_table("public.b")
    assert (progress.tables_done, progress.current_table) == (1, "public.b")
    progress.finish_tables()
    progress.finish_tables()
    assert (progress.tables_done, progress.current_table) == (2, None)


def test_view_when_the_reading_begins_again_then_the_rate_is_never_negative() -> None:
    progress = RunProgress("backup", total_counts_written=True, bytes_total=1000, bytes_written=900)
    progress.view(now=10.0)
    progress.bytes_written = 100
    assert progress.view(now=11.0).bytes_per_second == 0
    progress.bytes_written = 300
    seen = progress.view(now=12.0)
    assert (seen.bytes_per_second, seen.eta_seconds) == (200, 3.5)


def test_stage_when_the_same_bytes_are_read_again_counts_them_again() -> None:
    progress = RunProgress("backup", total_counts_written=True, bytes_written=500)
    progress.view(now=10.0)
    assert progress.end_stage() == 500
    progress.bytes_written = 0
    progress.view(now=11.0)
    progress.bytes_written = 400
    assert progress.end_stage() == 400
    assert progress.end_stage() == 0
