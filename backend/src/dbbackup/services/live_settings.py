"""Live settings: environment before page before configuration file before default."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError
from dbbackup.core.live_settings import LiveSettings, Source, Spec, Value, build, specs
from dbbackup.db.models import SystemSetting
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.settings import Settings

_PREFIX = "live."


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its value and where that comes from."""

    spec: Spec
    value: Value
    source: Source


async def load(session: AsyncSession, settings: Settings) -> LiveSettings:
    """Return the values that are in force now.

    Raises:
        ValidationError: a stored value is not one this program knows; the key is named.
    """
    return build({**settings.filed, **await _stored(session), **settings.fixed})


async def list_settings(session: AsyncSession, ctx: Context) -> list[Setting]:
    """Return all settings in their order."""
    filed, stored, fixed = ctx.settings.filed, await _stored(session), ctx.settings.fixed
    found = []
    for key, spec in specs().items():
        source: Source = (
            "environment" if key in fixed else "page" if key in stored else "file" if key in filed else "default"
        )
        found.append(Setting(spec, {**filed, **stored, **fixed}.get(key, spec.default), source))
    return found


async def change_settings(session: AsyncSession, ctx: Context, values: dict[str, Any]) -> None:
    """Set values by key; None sets one back to the file's or the default. They act after the commit.

    Raises:
        ValidationError: naming each key that does not exist and each value that does not fit.
        ConflictError: the environment sets it.
    """
    build({key: value for key, value in values.items() if value is not None or key not in specs()})
    if locked := [key for key in values if key in ctx.settings.fixed]:
        names = ", ".join(f"{key} ({specs()[key].environment})" for key in locked)
        raise ConflictError(f"The environment sets this: {names}. Change it there, or unset the variable there first.")
    rows = {row.key: row for row in await session.scalars(_query())}
    for key, value in values.items():
        row = rows.get(_PREFIX + key)
        if value is None:
            if row is not None:
                await session.delete(row)
        elif row is not None:
            row.value = json.dumps(value)
        else:
            session.add(SystemSetting(key=_PREFIX + key, value=json.dumps(value), type="json"))
    await session.flush()
    live = await load(session, ctx.settings)
    after_commit(session, lambda: _apply(ctx, live))
    announce(session, ctx, "settings", "settings", "updated")


def _apply(ctx: Context, live: LiveSettings) -> None:
    ctx.runtime.live = live
    ctx.runtime.wake.set()
    ctx.runtime.sweep.set()
    ctx.runtime.audit_wake.set()


async def _stored(session: AsyncSession) -> dict[str, Any]:
    rows = await session.scalars(_query())
    return {row.key.removeprefix(_PREFIX): json.loads(row.value) for row in rows}


def _query() -> Any:
    return select(SystemSetting).where(SystemSetting.key.startswith(_PREFIX))
