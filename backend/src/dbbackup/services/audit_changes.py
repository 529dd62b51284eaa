"""Sees every record that a request adds, changes or deletes, and keeps it for the audit event, secrets masked.

A hook on all sessions, so that services need not think of it. Bulk statements pass it by; the operation and its target
stand in the event all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from dbbackup.core.masking import MASK
from dbbackup.db.models import (
    AuditChain,
    AuditEvent,
    Base,
    ExecutionLog,
    RunJournal,
    SignInThrottle,
    User,
    UserSession,
)
from dbbackup.services.audit_entry import CURRENT

_PENDING = "audit_changes"
_UNSEEN = (AuditChain, AuditEvent, ExecutionLog, RunJournal, SignInThrottle, UserSession)
_UNINTERESTING = {"created_at", "updated_at", "last_used_at", "last_sign_in_at"}
_SECRET = re.compile(r"password|passwd|secret|token|identity|credential|(?:^|_)hash$|_sealed$|api_?key$", re.IGNORECASE)
_PERSONAL: dict[type[Base], set[str]] = {User: {"username", "username_key", "display_name", "external_id"}}
"""An erased person must be gone from the log as well: that it changed is recorded, not to what."""
_LONGEST = 500


def pending(session: Session) -> list[dict[str, Any]]:
    """Return what the session's transaction changed so far."""
    found: list[dict[str, Any]] = session.info.get(_PENDING, [])
    return found


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: Any) -> None:
    if CURRENT.get() is None:
        return
    noted = session.info.setdefault(_PENDING, [])
    for kind, records in (("created", session.new), ("updated", session.dirty), ("deleted", session.deleted)):
        for record in records:
            if isinstance(record, Base) and not isinstance(record, _UNSEEN):
                before, after = _values(record, kind)
                if before or after:
                    noted.append(
                        {
                            "record": record.__tablename__,
                            "id": record.id,
                            "kind": kind,
                            "before": before,
                            "after": after,
                        }
                    )


@event.listens_for(Session, "after_commit")
def _keep(session: Session) -> None:
    noted, entry = session.info.pop(_PENDING, None), CURRENT.get()
    if noted and entry is not None:
        entry.changes += noted


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    session.info.pop(_PENDING, None)


def _values(record: Base, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = {}, {}
    for name, old, new in _columns(record):
        if kind == "updated":
            if old != new:
                before[name], after[name] = _shown(record, name, old), _shown(record, name, new)
        elif new is not None:
            (after if kind == "created" else before)[name] = _shown(record, name, new)
    return before, after


def _columns(record: Base) -> Iterator[tuple[str, Any, Any]]:
    """Yield each column's name with its value before and after."""
    state = inspect(record)
    for column in state.mapper.column_attrs:
        if column.key in _UNINTERESTING or column.key not in state.dict:
            continue
        history = state.attrs[column.key].history
        new = state.dict[column.key]
        yield column.key, history.deleted[0] if history.deleted else (None if history.added else new), new


def _shown(record: Base, name: str, value: Any) -> Any:
    if value is None:
        return None
    if _SECRET.search(name) or name in _PERSONAL.get(type(record), ()):
        return MASK
    return masked(value)


def masked(value: Any) -> Any:
    """Return the value as JSON can hold it: secrets inside masked, long text cut."""
    if isinstance(value, dict):
        return {str(k): MASK if _SECRET.search(str(k)) and v else masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value[:100]]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
