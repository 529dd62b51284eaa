"""Limits of runs: the database's own before the settings, and nothing so tight that it breaks."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.run_limits import LimitOverrides, RunLimits, bytes_per_second, overrides, resolve, saved_form

LIVE = LiveSettings(run_niceness=5, run_io_class="idle", run_memory=64, run_read_limit=1000, run_upload_limit=1)


def test_limits_are_the_settings_unless_the_database_has_its_own() -> None:
    assert resolve(LIVE, {}) == RunLimits(niceness=5, io_class="idle", memory=128, read_limit=1000, upload_limit=64)
    own = saved_form(LimitOverrides(niceness=0, io_class="normal", memory=0, read_limit=0, upload_limit=500))
    assert own == {"niceness": 0, "ioClass": "normal", "memory": 0, "readLimit": 0, "uploadLimit": 500}
    assert resolve(LIVE, own) == RunLimits(upload_limit=500)
    assert overrides(own).upload_limit == 500


def test_limits_are_told_in_words() -> None:
    assert RunLimits().describe() is None
    told = RunLimits(niceness=10, io_class="bestEffort", memory=256, read_limit=64, upload_limit=100).describe()
    assert told == (
        "niceness 10, lowest best-effort disk priority, 256 MiB of memory a tool, reading at 64 kB/s, "
        "uploading at 100 kB/s"
    )


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        (LimitOverrides(memory=127), "limits.memory"),
        (LimitOverrides(read_limit=1), "limits.readLimit"),
        (LimitOverrides(upload_limit=63), "limits.uploadLimit"),
    ],
)
def test_limits_nothing_works_under_are_refused_by_name(limits: LimitOverrides, field: str) -> None:
    with pytest.raises(ValidationError, match="or 0 for no limit") as caught:
        saved_form(limits)
    assert caught.value.details[0].field == field


@pytest.mark.parametrize(("limit", "rate"), [(None, 0), (0, 0), (1, 64_000), (64, 64_000), (5000, 5_000_000)])
def test_rate_is_in_bytes_and_never_too_low(limit: int | None, rate: float) -> None:
    assert bytes_per_second(limit) == rate
