"""What retention must do, written the slow and plain way: sets of labels, no numbers, no order of evaluation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from dbbackup.core.retention_values import FOREVER, Backup, Policy, Rule

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def kept(backups: list[Backup], rules: list[Rule], now: datetime, ceiling: int) -> set[str]:
    """Return the ids of what is kept."""
    stay = {b.id for b in backups if b.pinned or b.busy}
    for chosen in (backups, [b for b in backups if b.content == ""]):
        stay |= {b.id for b in chosen if not newer(b, chosen)}
        proven = [b for b in chosen if b.proven]
        stay |= {b.id for b in proven if not newer(b, proven)}
    young = {b.id for b in backups if not ceiling or b.at + timedelta(days=ceiling) >= now}
    return stay | {b.id for b in backups if b.id in young and wanted(b, backups, rules, now)}


def newer(backup: Backup, others: list[Backup]) -> list[Backup]:
    return [o for o in others if (o.at, o.id) > (backup.at, backup.id)]


def wanted(backup: Backup, backups: list[Backup], rules: list[Rule], now: datetime) -> bool:
    mine = [r for r in rules if backup.own_policy == (r.policy.id if r.own else None)]
    if backup.own_policy == FOREVER or backup.forever or not mine:
        return True
    rivals = [b for b in backups if b.own_policy == backup.own_policy and b.content == backup.content]
    return any(policy_keeps(r.policy, r.zone, backup, rivals, now) for r in mine)


def policy_keeps(policy: Policy, zone: tzinfo, backup: Backup, rivals: list[Backup], now: datetime) -> bool:
    ahead = newer(backup, rivals)
    if len(ahead) < policy.min_keep:
        return True
    too_old = policy.max_age_days is not None and backup.at + timedelta(days=policy.max_age_days) < now
    filled = sum(b.size for b in ahead) + backup.size
    too_big = policy.max_total_size is not None and filled > policy.max_total_size
    too_many = policy.max_count is not None and len(ahead) >= policy.max_count
    match policy.strategy:
        case "age":
            return not too_old
        case "size":
            return not too_big
        case "hybrid":
            return not (too_old or too_big or too_many)
    return any(
        count
        and label(tier, backup.at, zone) in last_labels(tier, now, count, zone)
        and not any(label(tier, b.at, zone) == label(tier, backup.at, zone) for b in ahead)
        for tier, count in policy.keep.items()
    )


def label(tier: str, moment: datetime, zone: tzinfo) -> str:
    """Name the bucket as a calendar would."""
    local = moment.astimezone(zone)
    if tier == "hourly":
        return f"{local:%Y-%m-%d %H} {local.utcoffset()}"
    if tier == "weekly":
        # The week goes by its Sunday.
        return f"{local.date() + timedelta(days=6 - local.weekday())}"
    return f"{local:%Y-%m-%d}"[: {"daily": 10, "monthly": 7, "yearly": 4}[tier]]


@cache
def last_labels(tier: str, now: datetime, count: int, zone: tzinfo) -> list[str]:
    """Name the last `count` buckets by walking back from now, a minute or a day at a time."""
    names = [label(tier, now, zone)]
    moment = now if tier == "hourly" else now.astimezone(zone).replace(hour=12, tzinfo=UTC)
    while len(names) < count:
        moment -= _MINUTE if tier == "hourly" else _DAY
        if (name := label(tier, moment, zone if tier == "hourly" else UTC)) not in names:
            names.append(name)
    return names
