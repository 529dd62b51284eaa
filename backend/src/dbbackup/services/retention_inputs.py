"""What callers may send about retention and maintenance."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from dbbackup.core.retention_values import Strategy
from dbbackup.services.inputs import Id, Input, Name

Count = Annotated[int, Meta(ge=0, le=10_000)]
AtLeastOne = Annotated[int, Meta(ge=1, le=10_000)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Bytes = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Description = Annotated[str, Meta(max_length=2000)]
Cron = Annotated[str, Meta(min_length=1, max_length=200)]
Zone = Annotated[str, Meta(min_length=1, max_length=64)]


class RetentionRules(Input, kw_only=True):
    """What to keep of a database's backups.

    `tiered` keeps the last backup of each of the last so many hours, days, weeks (ending Sunday), months and years.
    `age`, `size` and `hybrid` keep what is within the limits named after them; `hybrid` needs at least one of
    `maxCount`, `maxTotalSize` (bytes) and `maxAgeDays`, and keeps what is within all that are given. So many of the
    newest as `minKeep` says are kept whatever the rest says.
    """

    strategy: Strategy = "tiered"
    keep_hourly: Count = 24
    keep_daily: Count = 7
    keep_weekly: Count = 4
    keep_monthly: Count = 12
    keep_yearly: Annotated[int, Meta(ge=0, le=100)] = 0
    max_count: AtLeastOne | None = None
    max_total_size: Bytes | None = None
    max_age_days: Days | None = None
    min_keep: Count = 1


class RetentionPolicyInput(RetentionRules, kw_only=True):
    """A policy to add. See RetentionRules for what its numbers mean."""

    name: Name
    description: Description = ""


class RetentionPolicyUpdate(Input):
    """The fields to change; what is left out stays, null takes a limit away."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    strategy: Strategy | UnsetType = UNSET
    keep_hourly: Count | UnsetType = UNSET
    keep_daily: Count | UnsetType = UNSET
    keep_weekly: Count | UnsetType = UNSET
    keep_monthly: Count | UnsetType = UNSET
    keep_yearly: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    max_count: AtLeastOne | UnsetType | None = UNSET
    max_total_size: Bytes | UnsetType | None = UNSET
    max_age_days: Days | UnsetType | None = UNSET
    min_keep: Count | UnsetType = UNSET


class RetentionPreviewInput(Input):
    """The database whose backups a saved policy is tried on."""

    database_id: Id


class UnsavedPreviewInput(Input):
    """A policy that is not saved, tried on a database's backups.

    `policyId` names the saved policy that is being edited, so that backups it belongs to are judged by the new rules.
    """

    database_id: Id
    policy: RetentionRules
    policy_id: Id | None = None


class SimulationInput(Input):
    """A policy (saved, by `policyId`, or as rules in `policy`) and a schedule to let run for some months.

    `size` is what one backup takes, in bytes. `timezone` left out means the product's own.
    """

    policy_id: Id | None = None
    policy: RetentionRules | None = None
    cron_expression: Cron = "0 * * * *"
    timezone: Zone | None = None
    months: Annotated[int, Meta(ge=1, le=60)] = 12
    size: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0


class MaintenanceInput(Input):
    """A task to do now.

    `cleanup` applies retention and removes old records and log lines; with `dryRun` it only tells what retention would
    delete, and `acceptClock` confirms that the clock is right although it went far ahead. `vacuum` compacts the
    catalogue. `verify` reads the newest backup of each database again, every copy of it. `copy` puts a copy of the
    catalogue into the default storage, as happens every day.
    """

    task: Literal["cleanup", "vacuum", "verify", "copy"]
    accept_clock: bool = False
    dry_run: bool = False
