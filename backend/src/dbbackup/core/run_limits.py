"""What one run may take of the machine: priority, disk, memory, bandwidth."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from dbbackup.core.errors import ValidationError
from dbbackup.core.live_settings import LiveSettings

IoClass = Literal["normal", "bestEffort", "idle"]
KB = 1000
MIN_RATE = 64
"""kB/s: below it a chunk of 1 MiB takes so long that a limited storage looks like one that stands still."""
MIN_MEMORY = 128
"""MiB of address space: below it the tools do not even load their libraries."""


class RunLimits(Struct, frozen=True, kw_only=True):
    """The limits of one run. `memory` in MiB, rates in kB/s (1,000 bytes); 0 is no limit."""

    niceness: int = 0
    io_class: IoClass = "normal"
    memory: int = 0
    read_limit: int = 0
    upload_limit: int = 0

    def describe(self) -> str | None:
        """Return the limits in words, None when there are none."""
        told = [
            f"niceness {self.niceness}" if self.niceness else "",
            {"normal": "", "bestEffort": "lowest best-effort disk priority", "idle": "idle disk priority"}[
                self.io_class
            ],
            f"{self.memory} MiB of memory a tool" if self.memory else "",
            f"reading at {self.read_limit} kB/s" if self.read_limit else "",
            f"uploading at {self.upload_limit} kB/s" if self.upload_limit else "",
        ]
        return ", ".join(filter(None, told)) or None


NO_LIMITS = RunLimits()
_Rate = Annotated[int, Meta(ge=0, le=100_000_000)]


class LimitOverrides(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """Limits of one database's runs; what is null is as the settings say, 0 is no limit whatever they say."""

    niceness: Annotated[int, Meta(ge=0, le=19)] | None = None
    io_class: IoClass | None = None
    memory: Annotated[int, Meta(ge=0, le=1_048_576)] | None = None
    """MiB of address space each tool may take."""
    read_limit: _Rate | None = None
    """kB/s out of the dump tool."""
    upload_limit: _Rate | None = None
    """kB/s to each S3 config."""

    def check(self) -> None:
        """Raise ValidationError for limits nothing works under."""
        for field, value, least, unit in (
            ("limits.memory", self.memory, MIN_MEMORY, "MiB"),
            ("limits.readLimit", self.read_limit, MIN_RATE, "kB/s"),
            ("limits.uploadLimit", self.upload_limit, MIN_RATE, "kB/s"),
        ):
            if value and value < least:
                raise ValidationError.of(field, f"At least {least} {unit}, or 0 for no limit.")


def overrides(saved: dict[str, Any]) -> LimitOverrides:
    """Return the overrides as they were saved."""
    return msgspec.convert(saved, LimitOverrides)


def saved_form(limits: LimitOverrides) -> dict[str, Any]:
    """Return the overrides as they are saved. Raises ValidationError for limits nothing works under."""
    limits.check()
    saved: dict[str, Any] = msgspec.to_builtins(limits)
    return {name: value for name, value in saved.items() if value is not None}


def resolve(live: LiveSettings, saved: dict[str, Any]) -> RunLimits:
    """Return the limits of a run that begins now. Settings below the least that works count as the least."""
    own = overrides(saved)
    return RunLimits(
        niceness=_first(own.niceness, live.run_niceness),
        io_class=own.io_class or live.run_io_class,
        memory=_at_least(MIN_MEMORY, _first(own.memory, live.run_memory)),
        read_limit=_at_least(MIN_RATE, _first(own.read_limit, live.run_read_limit)),
        upload_limit=_at_least(MIN_RATE, _first(own.upload_limit, live.run_upload_limit)),
    )


def bytes_per_second(limit: int | None) -> float:
    """Return a limit in kB/s as bytes per second; None and 0 are no limit, and too little counts as the least."""
    return float(_at_least(MIN_RATE, limit or 0) * KB)


def _first(own: int | None, default: int) -> int:
    return default if own is None else own


def _at_least(least: int, value: int) -> int:
    return max(least, value) if value else 0
