"""What callers may send about schedules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from dbbackup.services.inputs import Compression, Encryption, Id, Input

ScheduleKind = Literal["hourly", "daily", "weekly", "monthly", "custom"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CronText = Annotated[str, Meta(min_length=1, max_length=200)]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64)]
ScheduleName = Annotated[str, Meta(max_length=200)]
Level = Annotated[int, Meta(ge=0, le=22)]
Retries = Annotated[int, Meta(ge=0, le=20)]
Wait = Annotated[int, Meta(ge=1, le=86_400)]
Jitter = Annotated[int, Meta(ge=0, le=43_200)]
VerifyEvery = Annotated[int, Meta(ge=1, le=1000)]
VerifyLevel = Annotated[int, Meta(ge=1, le=3)]
PingUrl = Annotated[str, Meta(max_length=2000, description="Called after each backup; kept secret")]


class BlackoutInput(Input):
    """A window in which nothing starts: from `start` to before `end`, over midnight if `end` is the earlier one.

    Times are `HH:MM`, `end` may be `24:00`. No days means every day; no timezone means the schedule's.
    """

    start: Annotated[str, Meta(min_length=1, max_length=5)]
    end: Annotated[str, Meta(min_length=1, max_length=5)]
    days: list[Day] = []
    timezone: ZoneName | None = None


Windows = Annotated[list[BlackoutInput], Meta(max_length=20)]


class ScheduleInput(Input):
    """A schedule to add. Times in seconds.

    `cronExpression` left out is that of the type; a `custom` schedule needs one. `timezone` left out is the program's
    (TZ). `uploadToS3` left out means: if there is a default S3 config now. `s3ConfigIds` null means the default one.
    """

    database_id: Id
    type: ScheduleKind
    name: ScheduleName = ""
    cron_expression: CronText | None = None
    timezone: ZoneName | None = None
    enabled: bool = True
    local: bool = True
    upload_to_s3: bool | None = None
    s3_config_ids: list[Id] | None = None
    retention_policy_id: Id | None = None
    compression: Compression = "gzip"
    compression_level: Level | None = None
    encryption: Encryption | None = None
    options: dict[str, Any] = {}
    retry_limit: Retries = 3
    retry_delay: Wait = 60
    retry_max_delay: Wait = 3600
    jitter: Jitter = 0
    catch_up: bool = True
    blackout: Windows = []
    verify_every: VerifyEvery | None = None
    verify_level: VerifyLevel = 3
    ping_url: PingUrl | None = None


class ScheduleUpdate(Input):
    """The fields to change; what is left out stays. The database of a schedule stays the same."""

    type: ScheduleKind | UnsetType = UNSET
    name: ScheduleName | UnsetType = UNSET
    cron_expression: CronText | UnsetType = UNSET
    timezone: ZoneName | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    local: bool | UnsetType = UNSET
    upload_to_s3: bool | UnsetType = UNSET
    s3_config_ids: list[Id] | UnsetType | None = UNSET
    retention_policy_id: Id | UnsetType | None = UNSET
    compression: Compression | UnsetType = UNSET
    compression_level: Level | UnsetType | None = UNSET
    encryption: Encryption | UnsetType | None = UNSET
    options: dict[str, Any] | UnsetType = UNSET
    retry_limit: Retries | UnsetType = UNSET
    retry_delay: Wait | UnsetType = UNSET
    retry_max_delay: Wait | UnsetType = UNSET
    jitter: Jitter | UnsetType = UNSET
    catch_up: bool | UnsetType = UNSET
    blackout: Windows | UnsetType = UNSET
    verify_every: VerifyEvery | UnsetType | None = UNSET
    verify_level: VerifyLevel | UnsetType = UNSET
    ping_url: PingUrl | UnsetType | None = UNSET


class SchedulePreviewInput(Input):
    """An unsaved expression to look at."""

    cron_expression: CronText
    timezone: ZoneName | None = None
    blackout: Windows = []
    count: Annotated[int, Meta(ge=1, le=100)] = 10
