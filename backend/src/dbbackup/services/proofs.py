"""How far a database is proven to be recoverable, and what its copies must hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.db.models import DatabaseConfig
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce
from dbbackup.services.container_choice import check_scratch
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.newest_backups import Which, newest_of_databases
from dbbackup.services.verification_inputs import ProofInput
from dbbackup.services.verifications import last_proofs

_COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_QUERY = re.compile(r"(?:SELECT|WITH|VALUES|TABLE)\b|\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recoverability:
    """What could be had back now, and how fast; times in seconds."""

    last_good_at: datetime | None
    rpo_seconds: float | None
    """Age of what the last good backup holds: what would be lost now."""
    proven_at: datetime | None
    rto_seconds: float | None
    """How long the last proven restore took."""


async def recoverability(session: AsyncSession, database_ids: Sequence[str]) -> dict[str, Recoverability]:
    """Return for each database what its backups are good for now."""
    good = await newest_of_databases(session, database_ids, Which.GOOD)
    proofs, now = await last_proofs(session, database_ids), utc_now()
    return {
        id_: Recoverability(
            last_good_at=backup.completed_at if (backup := good.get(id_)) else None,
            # The dump shows the database as it was at its beginning.
            rpo_seconds=max(0.0, (now - backup.started_at).total_seconds()) if backup and backup.started_at else None,
            proven_at=proof.completed_at if (proof := proofs.get(id_)) else None,
            rto_seconds=proof.restore_seconds if proof else None,
        )
        for id_ in database_ids
    }


async def change_proof(session: AsyncSession, ctx: Context, database_id: str, data: ProofInput) -> DatabaseConfig:
    """Set the assertions of a database, and where its copies are restored on the side.

    Raises:
        NotFoundError: there is no such database.
        ValidationError: an assertion is no query, a name is there twice, or the target's server does not fit.
        ScratchContainerError: throwaway containers are not allowed, or it is linked to none.
    """
    config = await get_database(session, database_id)
    _check(data)
    target = None
    if data.verify_target_kind == "container":
        if data.verify_target_id is not None:
            raise ValidationError.of("verifyTargetId", "A throwaway container is no server: leave this out.")
        check_scratch(ctx, config)
    if data.verify_target_id not in (None, database_id):
        target = await session.get(DatabaseConfig, data.verify_target_id)
        if target is None:
            raise ValidationError.of("verifyTargetId", "There is no such database. It may have been deleted.")
        if config.type not in ctx.engines[target.type].restores:
            raise ValidationError.of(
                "verifyTargetId", f"{target.name} is {target.type}: a backup of {config.type} does not fit its server."
            )
    config.assertions = [msgspec.to_builtins(assertion) for assertion in data.assertions]
    config.verify_target_id = target.id if target else None
    config.verify_target_kind = data.verify_target_kind
    await session.flush()
    announce(session, ctx, "database", config.id, "updated")
    return config


def _check(data: ProofInput) -> None:
    problems, names = [], set()
    for number, assertion in enumerate(data.assertions):
        if not _QUERY.match(_COMMENTS.sub("", assertion.sql)):
            text = f"{assertion.name}: an assertion is one query that only reads: it begins with SELECT or WITH."
            problems.append(FieldError(f"assertions[{number}].sql", text))
        if assertion.name in names:
            problems.append(FieldError(f"assertions[{number}].name", f"There are two assertions {assertion.name}."))
        names.add(assertion.name)
    if problems:
        raise ValidationError(" ".join(problem.message for problem in problems), details=problems)
