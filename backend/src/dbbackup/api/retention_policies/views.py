"""Turns policies, plans and simulations into what the API shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dbbackup.api.retention_policies.schemas import (
    PreviewedBackup,
    RetentionDecision,
    RetentionPolicyView,
    RetentionPreview,
    RetentionReason,
    RetentionSimulation,
    SimulatedBackup,
    SimulationPoint,
)
from dbbackup.core.retention_simulation import Simulation
from dbbackup.core.retention_values import Decision, Reason
from dbbackup.db.models import RetentionPolicy
from dbbackup.services.retention_policies import Usage
from dbbackup.services.retention_preview import Preview

_SAME = (
    "id",
    "name",
    "description",
    "strategy",
    "keep_hourly",
    "keep_daily",
    "keep_weekly",
    "keep_monthly",
    "keep_yearly",
    "max_count",
    "max_total_size",
    "max_age_days",
    "min_keep",
    "created_at",
    "updated_at",
)


def policy_view(policy: RetentionPolicy, used: dict[str, Usage]) -> RetentionPolicyView:
    """Return what is shown of a policy."""
    by = used.get(policy.id, Usage())
    same = {name: getattr(policy, name) for name in _SAME}
    return RetentionPolicyView(**same, schedules=by.schedules, backups=by.backups)


def decision_view(decision: Decision) -> RetentionDecision:
    """Return what is shown of the decision on one backup."""
    return RetentionDecision(keep=decision.keep, reasons=_reasons(decision.reasons), until=decision.until)


def preview_view(preview: Preview, ceiling: int) -> RetentionPreview:
    """Return what is shown of a preview."""
    kept = [d for d in preview.decisions if d.keep]
    gone = [d for d in preview.decisions if not d.keep]
    return RetentionPreview(
        now=preview.now,
        timezones=preview.zones,
        ceiling_days=ceiling or None,
        kept=len(kept),
        kept_size=sum(d.backup.size for d in kept),
        deleted=len(gone),
        deleted_size=sum(d.backup.size for d in gone),
        cut_by_ceiling=sum(any(r.kind == "ceiling" for r in d.reasons) for d in gone),
        backups=[_previewed(decision, preview) for decision in preview.decisions],
    )


def simulation_view(simulation: Simulation, start: datetime, ceiling: int) -> RetentionSimulation:
    """Return what is shown of a simulation."""
    return RetentionSimulation(
        start=start,
        end=simulation.end,
        ceiling_days=ceiling or None,
        points=[SimulationPoint(at=p.at, count=p.count, size=p.size) for p in simulation.points],
        most=max((p.count for p in simulation.points), default=0),
        kept=[SimulatedBackup(at=d.backup.at, reasons=_reasons(d.reasons)) for d in simulation.last],
    )


def _previewed(decision: Decision, preview: Preview) -> PreviewedBackup:
    type_, label = preview.labels[decision.backup.id]
    return PreviewedBackup(
        id=decision.backup.id,
        type=type_,
        label=label,
        at=decision.backup.at,
        size=decision.backup.size,
        keep=decision.keep,
        reasons=_reasons(decision.reasons),
        until=decision.until,
    )


def _reasons(reasons: Iterable[Reason]) -> list[RetentionReason]:
    return [RetentionReason(kind=r.kind, text=r.text, policy=r.policy, until=r.until) for r in reasons]
