"""The words of retention: policies, rules, backups as retention sees them, reasons and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Literal

from dbbackup.core.retention_tiers import Tier

Strategy = Literal["tiered", "age", "size", "hybrid"]
Busy = Literal["restore", "verification", "upload"]
ReasonKind = Literal[
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "limits",
    "minimum",
    "forever",
    "pinned",
    "newest",
    "proven",
    "busy",
    "ceiling",
    "refused",
]
FOREVER = "forever"
"""Stands for the id of a policy where a backup was asked to be kept for ever."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What to keep. `keep` counts for the strategy `tiered`; the limits count for those named after them.

    `hybrid` keeps what is within all limits that are given. Sizes in bytes, ages in days of 24 hours. So many of the
    newest as `min_keep` says are kept whatever tiers and limits say.
    """

    name: str
    strategy: Strategy
    id: str | None = None
    keep: Mapping[Tier, int] = field(default_factory=dict)
    max_count: int | None = None
    max_total_size: int | None = None
    max_age_days: int | None = None
    min_keep: int = 0


@dataclass(frozen=True, slots=True)
class Backup:
    """What of a good backup matters here. `at` is the moment its dump began: the state it holds.

    `content` is empty for a whole backup and names what a partial one holds: only backups of the same content
    compete. `own_policy` is the id of a policy of its own, or FOREVER; without one its database's rules judge it.
    `forever` says that its schedule has no policy.
    """

    id: str
    at: datetime
    size: int
    content: str = ""
    own_policy: str | None = None
    forever: bool = False
    pinned: bool = False
    proven: bool = False
    busy: Busy | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy in force, with the zone its buckets are counted in.

    It judges all backups of the database that have no policy of their own; with `own`, those whose own one it is.
    """

    policy: Policy
    zone: tzinfo
    own: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a backup is kept, or is not. `until`: when a reason to keep ends by itself, None where nobody can tell."""

    kind: ReasonKind
    text: str
    policy: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one backup."""

    backup: Backup
    keep: bool
    reasons: tuple[Reason, ...]
    until: datetime | None = None
    """When policies and ceiling will have let it go; None when that depends on later backups, or never comes."""
