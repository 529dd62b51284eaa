"""Which backups of a database are kept and which are deleted, with every reason. Pure: no clock, no catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from dbbackup.core.retention_tiers import UNITS, Tier, bucket, label, leaves_window, oldest_kept
from dbbackup.core.retention_values import FOREVER, Backup, Decision, Policy, Reason, ReasonKind, Rule
from dbbackup.core.sizes import human_size

Mark = tuple[Literal[Tier, "limits", "minimum"], int]
"""What a policy keeps a backup for: a tier and the number of the bucket, or `limits`, or `minimum`."""
Reasons = dict[str, list[Reason]]
_BUSY = {
    "restore": "A restore is reading it.",
    "verification": "A verification is reading it.",
    "upload": "A copy of it is still being made.",
}
_FOREVER = {
    (False, False): "No policy judges it: it is kept for ever.",
    (False, True): "Its schedule has no retention policy: it is kept for ever.",
    (True, False): "It was made to be kept for ever.",
    (True, True): "It was made to be kept for ever.",
}


def plan(
    backups: Iterable[Backup], rules: Sequence[Rule], now: datetime, ceiling: int, only: str | None = None
) -> list[Decision]:
    """Decide on every good backup of one database; the newest comes first.

    With `only`, the id of a backup, its decision alone is returned: putting all the others into words costs more than
    the decisions.

    A backup is kept when any rule that judges it keeps it, or when none judges it. What is older than `ceiling` days
    (0: no ceiling) is deleted all the same. Above all that stand pins, use, the newest backup and the newest proven
    one.
    """
    ordered = sorted(backups, key=lambda b: (b.at, b.id), reverse=True)
    protected = _protected(ordered)
    wanted: Reasons = defaultdict(list)
    refused: Reasons = defaultdict(list)
    for rule in rules:
        for members in _series(rule, ordered):
            marks = kept_by(rule.policy, members, now, rule.zone)
            beyond = _limits(rule.policy, members, now)
            for place, backup in enumerate(members):
                if only and backup.id != only:
                    continue
                if found := marks.get(place):
                    wanted[backup.id] += [_wanted(rule, backup, mark) for mark in found]
                else:
                    refused[backup.id].append(_refused(rule.policy, beyond[place]))
    asked = [backup for backup in ordered if backup.id == only] if only else ordered
    for backup in asked:
        if backup.forever or not (backup.id in wanted or backup.id in refused):
            wanted[backup.id].append(Reason("forever", _FOREVER[backup.own_policy == FOREVER, backup.forever]))
    return [_decide(b, protected[b.id], wanted[b.id], refused[b.id], now, ceiling) for b in asked]


def kept_by(policy: Policy, members: Sequence[Backup], now: datetime, zone: tzinfo) -> dict[int, list[Mark]]:
    """Return what the policy keeps of the backups, newest first, by their places, with what it keeps each for."""
    marks: dict[int, list[Mark]] = defaultdict(list)
    if policy.strategy == "tiered":
        _mark_tiers(policy, members, now, zone, marks)
    else:
        for place, beyond in enumerate(_limits(policy, members, now)):
            if beyond is None:
                marks[place].append(("limits", 0))
    for place in range(min(policy.min_keep, len(members))):
        marks[place].append(("minimum", 0))
    return marks


def kept_places(rule: Rule, members: Sequence[Backup], now: datetime, ceiling: int) -> list[int]:
    """Return the places of what `plan` would keep of unpinned, idle, unproven backups, newest first; no reasons."""
    marks = kept_by(rule.policy, members, now, rule.zone)
    oldest = now - timedelta(days=ceiling) if ceiling else None
    return [
        place
        for place, backup in enumerate(members)
        if not place or (place in marks and (oldest is None or backup.at >= oldest))
    ]


def _mark_tiers(
    policy: Policy, members: Sequence[Backup], now: datetime, zone: tzinfo, marks: dict[int, list[Mark]]
) -> None:
    local_now = now.astimezone(zone)
    windows = [(tier, oldest_kept(tier, local_now, count)) for tier, count in policy.keep.items() if count]
    # A set, because days can come back: some zones turned their clocks over midnight.
    taken: set[Mark] = set()
    for place, backup in enumerate(members):
        local = backup.at.astimezone(zone)
        for tier, oldest in windows:
            mark = (tier, bucket(tier, local))
            if mark[1] >= oldest and mark not in taken:
                taken.add(mark)
                marks[place].append(mark)


def _limits(policy: Policy, members: Sequence[Backup], now: datetime) -> list[str | None]:
    """Return for each place which limit the backup is beyond; None: it is within all that the strategy knows."""
    days = policy.max_age_days if policy.strategy in ("age", "hybrid") else None
    size = policy.max_total_size if policy.strategy in ("size", "hybrid") else None
    count = policy.max_count if policy.strategy == "hybrid" else None
    oldest = now - timedelta(days=days) if days is not None else None
    beyond: list[str | None] = []
    total = 0
    for place, backup in enumerate(members):
        total += backup.size
        if oldest is not None and backup.at < oldest:
            beyond.append(f"it is older than {days} days")
        elif count is not None and place >= count:
            beyond.append(f"there are {count} newer ones")
        elif size is not None and total > size:
            beyond.append(f"with it and all newer ones there would be more than {human_size(size)}")
        else:
            beyond.append(None)
    return beyond


def _series(rule: Rule, ordered: Sequence[Backup]) -> Iterator[list[Backup]]:
    """Yield the backups that compete under the rule: those of the same content."""
    judged = rule.policy.id if rule.own else None
    series: dict[str, list[Backup]] = defaultdict(list)
    for backup in ordered:
        if backup.own_policy == judged:
            series[backup.content].append(backup)
    yield from series.values()


def _protected(ordered: Sequence[Backup]) -> Reasons:
    """Return what stands above policies and ceiling. A partial backup never takes a whole one's place as the newest."""
    found: Reasons = defaultdict(list)
    for words, chosen in (("", ordered), (" whole", [b for b in ordered if not b.content])):
        if chosen and (not words or chosen[0] is not ordered[0]):
            found[chosen[0].id].append(Reason("newest", f"It is the newest good{words} backup of the database."))
        proven = next((b for b in chosen if b.proven), None)
        if proven and not any(reason.kind == "proven" for reason in found[proven.id]):
            text = f"It is the newest{words} backup that was proven restorable."
            found[proven.id].append(Reason("proven", text))
    for backup in ordered:
        if backup.pinned:
            found[backup.id].append(Reason("pinned", "It is pinned."))
        if backup.busy:
            found[backup.id].append(Reason("busy", _BUSY[backup.busy]))
    return found


def _wanted(rule: Rule, backup: Backup, mark: Mark) -> Reason:
    policy, (kind, number) = rule.policy, mark
    if kind == "minimum":
        words = f"one of the newest {policy.min_keep}, which are" if policy.min_keep > 1 else "the newest one, which is"
        return _reason(kind, policy, f"{words} always kept")
    if kind == "limits":
        days = policy.max_age_days if policy.strategy != "size" else None
        ends = backup.at.astimezone(UTC) + timedelta(days=days) if days is not None else None
        return _reason(kind, policy, "it is within the limits", ends)
    count = policy.keep[kind]
    last = f"the last {count} {UNITS[kind]}s" if count > 1 else f"this {UNITS[kind]}"
    words = f"the last backup of the {label(kind, number, rule.zone)}, within {last}"
    return _reason(kind, policy, words, leaves_window(kind, number, count, rule.zone))


def _refused(policy: Policy, beyond: str | None) -> Reason:
    words = beyond or "it is not the last backup of an hour, day, week, month or year that is kept"
    return _reason("refused", policy, words)


def _reason(kind: ReasonKind, policy: Policy, words: str, until: datetime | None = None) -> Reason:
    """Make a reason that names the policy; one without a name is on its own and need not be told from others."""
    text = f"{policy.name}: {words}." if policy.name else f"{words[0].upper()}{words[1:]}."
    return Reason(kind, text, policy.name or None, until)


def _decide(
    backup: Backup,
    protected: list[Reason],
    wanted: list[Reason],
    refused: list[Reason],
    now: datetime,
    ceiling: int,
) -> Decision:
    last_day = backup.at.astimezone(UTC) + timedelta(days=ceiling) if ceiling else None
    if last_day is None or now <= last_day:
        if not (protected or wanted):
            return Decision(backup, keep=False, reasons=tuple(refused))
        ends = [reason.until for reason in wanted]
        until = max((end for end in ends if end), default=None) if all(ends) else None
        until = min((end for end in (until, last_day) if end), default=None) if wanted else None
        return Decision(backup, True, tuple(protected + wanted), None if backup.pinned else until)
    if protected:
        return Decision(backup, True, tuple(protected))
    text = f"It is older than {ceiling} days: nothing is kept longer here (MAX_BACKUP_RETENTION_DAYS)."
    return Decision(backup, False, (Reason("ceiling", text), *refused))
